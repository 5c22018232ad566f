#!/bin/bash
# On the GPU machine: the last piece, the models, then all questions in order: go.sh PIECE SECONDS [QUESTION ...]
#
# PIECE is the piece that came with this call (slim/2), or - when everything is there from an earlier call.
# SECONDS limits the whole of it; keep the call's own timeout 40 s above. Without QUESTIONs all are asked.
set -u
piece=$1
total=$2
shift 2
kit=$(cd "$(dirname "$0")" && pwd)
here=${GPU_HOME:-/tmp/gpu}
out=${OUT:-/tmp}
python=${PYTHON:-python3}
shape=${SHAPE:-0.6b}
target=${TARGET:-cuda-fp16}
work=$here/work
end=$((SECONDS + total))
questions=${*:-smoke placement bench bisect kernels graph encoder prefill variants nodes long}

pure=$($python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for folder in "$pure"/nvidia/*/lib; do
    [ -d "$folder" ] && LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}
export PYTHONPATH=$here/site:$PWD/engine:$PWD/export:$PWD/client:$PWD/analysis:$PWD/apps:$PWD/loadtest:$kit
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1

step() { # name, at most so many seconds, command
    local name=$1 limit=$2 left=$((end - SECONDS)) since=$SECONDS
    shift 2
    if [ $left -lt 10 ]; then
        echo "== $name: no time left"
        return 1
    fi
    [ $limit -gt $left ] && limit=$left
    echo "== $name, at $SECONDS s, at most $limit s"
    timeout -k 3 "$limit" "$@" 2>&1
    local status=$?
    echo "== $name: status $status after $((SECONDS - since)) s"
    return $status
}

prepare() {
    [ "$piece" = - ] || bash "$kit/piece.sh" "$piece" || return 1
    [ -e "$here/ready" ] && return 0
    cd "$here" || return 1
    if [ "$(ls part 2>/dev/null | wc -l)" != "$(cat pieces)" ]; then
        echo "only these pieces are here: $(ls part | tr '\n' ' ')- the machine was started anew in between; begin again with the first"
        return 1
    fi
    cat part/part.? | tee >(sha256sum | cut -d' ' -f1 > sum) | tar xf - --no-same-owner || return 1
    for _ in 1 2 3 4 5 6; do [ -s sum ] && break; sleep 0.5; done
    cmp -s sum sum.wanted || { echo "the pieces do not make up the archive"; return 1; }
    $python - <<'PYTHON' || return 1
import tarfile, threading, time
def unpack(archive, folder):
    started = time.monotonic()
    with tarfile.open(archive, "r:xz") as content:
        content.extractall(folder, filter="fully_trusted")
    print(f"{archive} unpacked in {time.monotonic() - started:.1f} s", flush=True)
both = [threading.Thread(target=unpack, args=each) for each in (("ort.tar.xz", "site"), ("models.tar.xz", "models"))]
[each.start() for each in both], [each.join() for each in both]
PYTHON
    [ -e site/onnxruntime/__init__.py ] && [ -e models/recipe.json ] || { echo "not unpacked"; return 1; }
    # ONNX Runtime looks for CUDA's libraries beside itself; they are beside PyTorch.
    [ -d "$pure/nvidia" ] && ln -sfn "$pure/nvidia" site/nvidia
    cd - >/dev/null
    rm -rf "$work"
    $python "$kit/models.py" rebuild "$here/models" "$work" "$shape" || return 1
    [ "$target" = cuda-fp16 ] || $python "$kit/models.py" on-cpu "$work" "$shape" || return 1
    touch "$here/ready"
}

ask() { # question, at most so many seconds, options
    local question=$1 limit=$2
    shift 2
    step "$question $*" "$limit" $python "$kit/ask.py" "$question" --work "$work" --out "$out" --shape "$shape" \
        --target "$target" "$@"
}

main() {
    prepare || { echo "NOT PREPARED"; return 1; }
    echo "== prepared at $SECONDS s"
    for question in $questions; do
        case $question in
        smoke)
            ask smoke 90 --model demo
            case $? in
            0) ;;
            3) echo "THE ENCODER DOES NOT RUN HERE; the decoder does, its questions go on" ;;
            *)
                echo "THE LIBRARY DOES NOT RUN KERNELS HERE (see above). Stop; README.md says what to do next."
                timeout 20 $python -c 'import onnxruntime as ort; ort.preload_dlls(); ort.print_debug_info()' 2>&1 | tail -60
                ldd "$here"/site/onnxruntime/capi/libonnxruntime_providers_cuda.so 2>&1 | grep -i 'not found'
                return 1 ;;
            esac ;;
        placement) ask placement 60 ;;
        bench) step bench "${BENCH_S:-240}" $python -m bench.gpu run --work "$work" --target "$target" --shape "$shape" \
            --minutes "$(awk -v left=$((end - SECONDS)) -v most="${BENCH_S:-240}" 'BEGIN { s = left < most ? left : most; print (s - 8) / 60 }')" ;;
        bisect) grep -qE '^FAIL +(the )?demo' "$out/run.log" && ask bisect 100 --limit 95 --model demo ;;
        bisect-full) ask bisect 180 --limit 175 --model full ;;
        kernels) ask kernels 70 --rows 1,32,128 ;;
        graph) ask graph 60 --rows 1,8,32,128 --seconds 0.5 ;;
        variants) ask variants 130 --limit 125 --rows 1,32,128 ;;
        encoder) ask encoder 40 --rows 1,2,4,8,16,32,64 --seconds 0.3 ;;
        prefill) ask prefill 40 --positions 2304 --seconds 0.3 ;;
        nodes) ask nodes 60 --rows 1 ;;
        long) ask steps 60 --label "120-s clips" --positions 2304 --length 1700 --rows 1,32,128 ;;
        *) echo "unknown question $question" ;;
        esac
    done
    echo "== all answers"
    $python "$kit/ask.py" summary --work "$work" --out "$out" --shape "$shape" --target "$target" | cut -c1-400
    sed -n '/verdicts PASS/,/^== /p' "$out/run.log" | head -40
    echo "== done at $SECONDS s"
}

main 2>&1 | tee -a "$out/run.log"
exit "${PIPESTATUS[0]}"
