"""The Kubernetes manifest of a divided batch fits the command that it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from asr_cli import batch_command
from asr_cli.main import _parser

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def job() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        (ROOT / "deploy" / "kubernetes" / "batch-job.yaml").read_text(encoding="utf-8")
    )
    return loaded


@pytest.fixture(scope="module")
def container(job: dict[str, Any]) -> dict[str, Any]:
    (only,) = job["spec"]["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def test_it_is_an_indexed_job_whose_pods_fail_one_by_one(job: dict[str, Any]) -> None:
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    assert (
        spec["template"]["spec"]["restartPolicy"] == "Never"
    )  # backoffLimitPerIndex and policies ask for it
    assert spec["parallelism"] <= spec["completions"]
    assert spec["maxFailedIndexes"] <= spec["completions"]


def test_the_command_accepts_its_arguments_for_every_index(
    job: dict[str, Any], container: dict[str, Any]
) -> None:
    count = job["spec"]["completions"]
    for index in range(count):
        words = [word.replace("$(SHARD)", str(index)) for word in container["args"]]
        args = _parser("batch").parse_args(words)
        assert (args.shard.index, args.shard.count) == (index, count)


def test_variables_in_arguments_are_defined(container: dict[str, Any]) -> None:
    defined = {variable["name"]: variable for variable in container["env"]}
    used = {name for word in container["args"] for name in re.findall(r"\$\((\w+)\)", word)}
    assert used <= defined.keys()
    path = defined["SHARD"]["valueFrom"]["fieldRef"]["fieldPath"]
    assert path == "metadata.annotations['batch.kubernetes.io/job-completion-index']"


def test_exit_statuses_lead_to_what_the_command_documents(
    job: dict[str, Any], container: dict[str, Any]
) -> None:
    rules = job["spec"]["podFailurePolicy"]["rules"]
    by_status = {
        status: rule["action"]
        for rule in rules
        if "onExitCodes" in rule
        for status in rule["onExitCodes"]["values"]
    }
    assert by_status == {1: "FailIndex", 2: "FailIndex", 3: "Count"}
    assert {rule["onExitCodes"]["containerName"] for rule in rules if "onExitCodes" in rule} == {
        container["name"]
    }
    for status in by_status:
        assert f" {status} " in (batch_command.__doc__ or "")


def test_scratch_space_is_writable_on_a_read_only_root(
    job: dict[str, Any], container: dict[str, Any]
) -> None:
    assert container["securityContext"]["readOnlyRootFilesystem"]
    mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"] for volume in job["spec"]["template"]["spec"]["volumes"]}
    assert mounted["/tmp"] in volumes
