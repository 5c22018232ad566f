"""Markup of a tab's call: its progress, its failure or its result."""

from __future__ import annotations

from asr_types.clock_time import clock
from asr_web.batch.downloads import KINDS
from asr_web.call.call_picture import LONG_SILENCE_S, CallPicture, call_picture
from asr_web.call.call_run import CallRun, Cancelled, Failed, Finished, RunStatus, Waiting, Working
from asr_web.call.turns_view import Tone, turn_views
from asr_web.desks import TabName
from asr_web.page.fragments import render
from asr_web.page.texts import Texts


def call_fragment(run: CallRun | None, t: Texts, tab_name: TabName, base: str, *, server_down: bool) -> str:
    """Markup for the call of a tab, empty without a call. `base` is the address of the desk's files."""
    if run is None:
        return ""
    name = run.recording.name
    match run.state:
        case Waiting():
            return _status(t, RunStatus.WAITING, name, server_down=server_down)
        case Working(done, total):
            return _status(t, RunStatus.WORKING, name, server_down=server_down, done=done, total=total)
        case Failed(failure):
            return _status(t, RunStatus.FAILED, name, failure=failure)
        case Cancelled():
            return _status(t, RunStatus.CANCELLED, name)
        case Finished() as result:
            return _finished(result, t, tab_name, base, f"{base}/files/{run.recording.id}", name)


def _status(t: Texts, state: RunStatus, name: str, **values: object) -> str:
    return render(
        "status", t, **{"state": state, "name": name, "total": None, "server_down": False, **values}
    )


def _finished(result: Finished, t: Texts, tab_name: TabName, base: str, audio: str, name: str) -> str:
    picture = call_picture(result.transcript, result.report)
    return render(
        "call",
        t,
        place=tab_name,
        base=base,
        audio=audio,
        name=name,
        transcript=result.transcript,
        report=result.report,
        took_s=result.took_s,
        turns=turn_views(result.report),
        picture=picture,
        picture_text=_description(picture, t),
        tones=[tone for tone in Tone if any(mark.finding.tone is tone for mark in picture.marks)],
        long_silence_s=LONG_SILENCE_S,
        documents=KINDS,
    )


def _description(picture: CallPicture, t: Texts) -> str:
    """The time line in a sentence, for screen readers."""
    lanes = ", ".join(
        t("call.lane_text", role=t.name("role", lane.role), percent=f"{lane.share:.0f}")
        for lane in picture.lanes
    )
    return t(
        "call.picture_text",
        duration=clock(picture.duration_s),
        lanes=lanes,
        silences=len(picture.silences),
        marks=len(picture.marks),
    )
