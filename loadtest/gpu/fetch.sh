#!/bin/bash
# On the developer's machine, in the repository's root, before the GPU machine starts: everything the calls carry.
#
#   bash loadtest/gpu/fetch.sh           the library for one architecture: two calls
#   bash loadtest/gpu/fetch.sh whole     the library whole: five calls, for when the small one does not run
#
# Needs .venv of `make install-dev` (it exports models), unzip and 15 GB of disk; a quarter of an hour on two cores,
# once. What is there already is kept: after a change of the exporter remove .gpu/make/out, after one of models.py
# .gpu/make/work too. Git ignores .gpu.
set -euo pipefail
kit=$(cd "$(dirname "$0")" && pwd)
root=$PWD
plan=${1:-slim}
python=$(realpath -s "${PYTHON:-.venv/bin/python}")
shape=${SHAPE:-0.6b}
version=${ORT_VERSION:-1.31.1}
arch=${ARCH:-90}
limit=$((${CALL_MIB:-64} << 20))
slack=$((2 << 20)) # the kit, names, what the transfer adds

mkdir -p .gpu/make .gpu/kit
cp "$kit"/*.sh "$kit"/*.py .gpu/kit/
# Every call carries the working tree: tracked files, and untracked ones that git does not ignore.
tree=$(git ls-files -z -co --exclude-standard | xargs -0 stat -c %s | awk '{ sum += $1 } END { print sum }')
room=$((limit - tree - slack))
echo "the working tree takes $((tree >> 20)) MiB of $((limit >> 20)): $((room >> 20)) MiB are left for each call"
[ $room -gt $((20 << 20)) ] || { echo "too little: ignore what need not travel"; exit 1; }

cd .gpu/make
if [ ! -s "ort-$plan.tar.xz" ]; then
    if ! ls onnxruntime_gpu-"$version"-cp312-*.whl >/dev/null 2>&1; then
        platforms=()
        for glibc in 28 27 17; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done
        "$python" -m pip download --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
            "${platforms[@]}" --platform manylinux2014_x86_64 -d . "onnxruntime-gpu==$version"
    fi
    rm -rf site && mkdir site
    unzip -q onnxruntime_gpu-"$version"-cp312-*.whl -d site
    # TensorRT's provider, the library for C and the tools are not needed by a Python session.
    rm -rf site/onnxruntime/capi/libonnxruntime_providers_tensorrt.so site/onnxruntime/capi/libonnxruntime.so* \
        site/onnxruntime/transformers site/onnxruntime/quantization site/onnxruntime/ThirdPartyNotices.txt
    if [ "$plan" = slim ]; then
        cuda=site/onnxruntime/capi/libonnxruntime_providers_cuda.so
        "$python" "$kit/slim.py" "$cuda" "$cuda" "$arch"
    fi
    tar -C site -cf - . | nice xz -9 -T1 > "ort-$plan.tar.xz.partial"
    mv "ort-$plan.tar.xz.partial" "ort-$plan.tar.xz"
    rm -rf site
fi
if [ ! -d out/models/serve-"$shape" ]; then
    (cd "$root" && HF_HUB_OFFLINE=1 PYTHONPATH=engine:export:client:analysis:apps:loadtest \
        nice "$python" "$kit/models.py" make .gpu/make/work .gpu/make/out.partial "$shape")
    rm -rf out models.tar.xz && mv out.partial out
fi
if [ ! -s models.tar.xz ]; then
    tar -C out -cf - . | nice xz -6 -T1 > models.tar.xz.partial
    mv models.tar.xz.partial models.tar.xz
fi

rm -rf "../$plan"
tar -cf all.tar --transform "s/ort-$plan/ort/" "ort-$plan.tar.xz" models.tar.xz
sum=$(sha256sum < all.tar | cut -d' ' -f1)
split -b $room -d -a 1 all.tar part.
rm all.tar
number=0
for part in part.?; do
    number=$((number + 1))
    mkdir -p "../$plan/$number"
    mv "$part" "../$plan/$number/"
done
for folder in "../$plan"/?; do
    echo "$sum" > "$folder/sum.wanted"
    echo $number > "$folder/pieces"
done
cd "$root"
du -sh ".gpu/$plan"/?
echo "the calls, one straight after the other:"
for ((piece = 1; piece < number; piece++)); do
    echo "  carry [\".gpu/kit\", \".gpu/$plan/$piece\"]  timeout_s 120  command: bash .gpu/kit/piece.sh $plan/$piece"
done
echo "  carry [\".gpu/kit\", \".gpu/$plan/$number\"]  timeout_s 560  command: bash .gpu/kit/go.sh $plan/$number 520"
