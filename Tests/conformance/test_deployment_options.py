"""The deployment specification from the command line and the management interface: set, shown, kept, refused."""

import re

import pytest

from slipway_server import REPOSITORY

STANDARD = {
    "minInstances": 1, "idleSeconds": 300, "intraOpThreads": 1, "deadlineMilliseconds": 60_000,
    "maxBodyBytes": 64 << 20,
}
# Flag, value, the option it sets, and how people are shown it.
FLAGS = [
    ("--instances", "3", {"instances": 3}, "3 at once"),
    ("--min-instances", "0", {"minInstances": 0}, "leaves memory after 5 min"),
    ("--queue-limit", "7", {"queueLimit": 7}, "7 may wait"),
    ("--threads", "2", {"intraOpThreads": 2}, "2 threads"),
    ("--deadline-ms", "1500", {"deadlineMilliseconds": 1500}, "deadline 1500 ms"),
    ("--deadline", "1600", {"deadlineMilliseconds": 1600}, "deadline 1600 ms"),
    ("--max-body-bytes", "5000", {"maxBodyBytes": 5000}, "bodies up to 5.0 kB"),
    ("--max-body", "6000", {"maxBodyBytes": 6000}, "bodies up to 6.0 kB"),
    ("--max-batch-size", "16", {"batching": {"maxBatchSize": 16, "maxDelayMicroseconds": 1000}}, "batches of 16"),
]


@pytest.fixture(scope="module")
def world(server, models):
    server.push_file(models / "addsub.onnx", "addsub")
    return server


@pytest.mark.parametrize("flag, value, option, words", FLAGS, ids=[flag for flag, *_ in FLAGS])
def test_a_flag_sets_its_option_and_is_shown(world, flag, value, option, words):
    endpoint = "flag" + flag.strip("-")
    deployed = world.cli_json("deploy", "addsub", "--as", endpoint, flag, value)
    assert deployed["options"] == STANDARD | option
    assert world.cli_json("deployment", "show", endpoint)["options"] == STANDARD | option
    assert world.cli_json("deployment", "history", endpoint)[0]["options"] == STANDARD | option
    for command in (["deployment", "show", endpoint], ["deployment", "history", endpoint], ["deployment", "list"]):
        assert words in world.cli(*command).stdout
    status, answer = world.infer(endpoint, [
        {"name": name, "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]} for name in "ab"])
    assert status == 200, answer
    world.cli("deployment", "delete", endpoint)


def test_what_a_deploy_does_not_give_is_the_default(world):
    world.cli("deploy", "addsub", "--as", "plain", "--threads", "2", "--queue-limit", "9")
    again = world.cli_json("deploy", "addsub", "--as", "plain")
    assert (again["options"], again["revision"]) == (STANDARD, 2)
    assert "defaults" in world.cli("deployment", "show", "plain").stdout
    world.cli("deployment", "delete", "plain")
    assert "OPTIONS" not in world.cli("deployment", "list").stdout


@pytest.mark.parametrize("options, field, words", [
    ({"instances": 0}, "instances", "instances is 0"),
    ({"minInstances": 2}, "minInstances", "minInstances is 2"),
    ({"idleSeconds": 5}, "idleSeconds", "minInstances is not 0"),
    ({"queueLimit": 0}, "queueLimit", "queueLimit is 0"),
    ({"batching": {"maxBatchSize": 70_000}}, "batching.maxBatchSize", "is 70000"),
    ({"batching": {"maxBatchSize": 8, "maxDelayMicroseconds": -1}}, "batching.maxDelayMicroseconds", "is -1"),
    ({"batching": {}}, "options.batching.maxBatchSize", "is missing"),
    ({"isolation": "container"}, "options.isolation", "'container'"),
    ({"workerMemoryBytes": 1 << 30}, "workerMemoryBytes", "shared isolation"),
    ({"workerMemoryBytes": 1 << 30, "isolation": "shared"}, "workerMemoryBytes", "shared isolation"),
    ({"maxBatchSize": 8}, "options.maxBatchSize", "means nothing here"),
])
def test_what_cannot_be_is_refused_by_its_name(world, options, field, words):
    status, answer = world.json(
        "PUT", "/api/v1/spaces/default/deployments/refused", {"model": "addsub", "options": options})
    assert (status, answer["code"], answer["field"]) == (400, "invalid", field)
    assert words in answer["error"]
    assert world.request("GET", "/api/v1/spaces/default/deployments/refused")[0] == 404


@pytest.mark.parametrize("flags", [
    ["--max-delay-us", "5"], ["--idle-seconds", "5"], ["--idle-seconds", "5", "--min-instances", "1"],
    ["--worker-memory-bytes", "1000000000", "--isolation", "shared"], ["--isolation", "thread"], ["--threads", "x"],
])
def test_flags_that_contradict_are_wrong_usage(world, flags):
    result = world.cli("deploy", "addsub", "--as", "refused", *flags, check=False)
    assert result.returncode == 64
    assert flags[0] in result.stderr or flags[-1] in result.stderr


def test_a_value_out_of_range_leaves_what_serves(world):
    world.cli("deploy", "addsub", "--as", "steady")
    result = world.cli("deploy", "addsub", "--as", "steady", "--threads", "257", check=False)
    assert (result.returncode, "intraOpThreads is 257" in result.stderr) == (1, True)
    assert "from 1 to 256" in result.stderr
    assert world.cli_json("deployment", "show", "steady")["revision"] == 1


def test_options_survive_a_restart(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    options = {
        "instances": 2, "minInstances": 0, "idleSeconds": 1000, "queueLimit": 3, "intraOpThreads": 2,
        "deadlineMilliseconds": 4000, "maxBodyBytes": 5000, "batching": {"maxBatchSize": 4, "maxDelayMicroseconds": 0},
    }
    assert server.put_deployment("addsub", "addsub", options=options)["options"] == options
    assert server.terminate() == 0
    server.start()
    assert server.cli_json("deployment", "show", "addsub")["options"] == options
    inputs = [{"name": name, "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]} for name in "ab"]
    assert server.infer("addsub", inputs)[0] == 200
    big = [{**part, "shape": [400, 4], "data": [1] * 1600} for part in inputs]
    assert server.infer("addsub", big)[0] == 413


def test_the_reference_names_the_flags_there_are(world):
    page = (REPOSITORY / "docs/reference/deployment.md").read_text()
    documented = {row.split("|")[2].strip(" `") for row in page.splitlines() if row.startswith("| `") and "| `--" in row}
    manual = world.cli("deploy", "--help").stdout
    flags = set(re.findall(r"--[a-z-]+", manual))
    others = {"--as", "--reason", "--watch", "--deadline", "--max-body", "--server", "--token", "--space", "--ca-cert",
              "--output", "--help", "--version", "--rollout", "--wait"}
    assert documented == {flag for flag in flags if flag not in others}


def test_the_reference_has_the_defaults_and_ranges_of_the_schema(world):
    schemas = world.json("GET", "/api/v1/openapi.json")[1]["components"]["schemas"]

    def flat(schema, path=()):
        for name, value in schema["properties"].items():
            if "$ref" in value:
                yield from flat(schemas[value["$ref"].rsplit("/", 1)[1]], (*path, name))
            else:
                yield ".".join((*path, name)), value

    page = (REPOSITORY / "docs/reference/deployment.md").read_text()
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in page.splitlines() if "| `--" in row]
    documented = {option.strip("`"): (default, values) for option, _, default, values in rows}
    options = dict(flat(schemas["DeploymentOptions"]))
    assert set(documented) == set(options)
    for name, schema in options.items():
        default, values = documented[name]
        # Where nothing is a number, the server, the space or the model decides, or the option is left out.
        stated = re.fullmatch(r"(?:.+, else )?(\d+)", default)
        assert (int(stated[1]) if stated else None) == schema.get("default"), (name, default)
        if "minimum" in schema:
            assert values == f"{schema['minimum']} to {schema['maximum']}", name
        elif "enum" in schema:
            assert values == ", ".join(f"`{value}`" for value in schema["enum"]), name
        else:
            assert schema["type"] == "array", name


def test_the_schema_says_ranges_and_defaults(world):
    schemas = world.json("GET", "/api/v1/openapi.json")[1]["components"]["schemas"]
    options = schemas["DeploymentOptions"]["properties"]
    defaults = {name: schema["default"] for name, schema in options.items() if "default" in schema}
    assert defaults == STANDARD
    assert options["instances"] == {"type": "integer", "minimum": 1, "maximum": 256}
    assert options["isolation"]["enum"] == ["shared", "worker"]
    assert schemas["BatchingOptions"]["required"] == ["maxBatchSize"]
