"""What the `nats` tool does for each line of README's block, by a client that is none of ours.

The tool is not packaged where the tests run. So each of its commands is carried out as its
source (github.com/nats-io/natscli 0.4 and 0.5) does it: the same subjects, the same inbox
(`_INBOX.`, nothing set), the context file it would read. A line that is not known here fails.

usage: nats_tool.py README.md INSTALLATION
"""

import asyncio
import json
import re
import shlex
import sys
import time

import nats

WITHIN = 5


async def connect(context):
    refused = []

    async def note(error):
        refused.append(str(error))

    options = {"servers": context["url"].split(","), "nkeys_seed": context["nkey"], "error_cb": note}
    if context["inbox_prefix"]:
        options["inbox_prefix"] = context["inbox_prefix"].encode()
    client = await nats.connect(**options, allow_reconnect=False)
    return client, refused


async def ask(client, subject, body=b""):
    answer = json.loads((await client.request(subject, body, timeout=WITHIN)).data)
    assert "error" not in answer, f"{subject}: {answer['error']}"
    return answer


async def gather(client, subject, count, body=b"", until=None):
    """Answers of many, as the tool gathers them."""
    inbox, answers = client.new_inbox(), []
    subscription = await client.subscribe(inbox)
    await client.publish(subject, body, reply=inbox)
    while len(answers) < count:
        answer = await subscription.next_msg(timeout=WITHIN)
        if until and until(answer):
            break
        answers.append(answer)
    await subscription.unsubscribe()
    return answers


async def account_info(client):
    info = await ask(client, "$SYS.REQ.USER.INFO")
    assert info["data"]["account"] == "LOOK", info
    assert (await ask(client, "$JS.API.INFO"))["streams"] == 4


async def check_connection(client):
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, max_msgs=1)
    await client.publish(inbox, b"x" * 100)
    assert len((await subscription.next_msg(timeout=WITHIN)).data) == 100


async def streams(client):
    listed = await ask(client, "$JS.API.STREAM.LIST", b'{"offset":0}')
    names = sorted(stream["config"]["name"] for stream in listed["streams"])
    assert names == ["BILLING", "INVENTORY", "LOGISTICS", "ORDER"], names
    assert sorted((await ask(client, "$JS.API.STREAM.NAMES", b'{"offset":0}'))["streams"]) == names


async def stream_info(client, stream):
    return (await ask(client, f"$JS.API.STREAM.INFO.{stream}"))["state"]


async def stream_get(client, stream, number):
    await stream_info(client, stream)
    message = (await ask(client, f"$JS.API.STREAM.MSG.GET.{stream}", json.dumps({"seq": int(number)}).encode()))["message"]
    assert message["subject"].startswith("rental.events."), message


async def consumers(client, stream):
    await stream_info(client, stream)
    names = (await ask(client, f"$JS.API.CONSUMER.NAMES.{stream}", b'{"offset":0}'))["consumers"]
    listed = (await ask(client, f"$JS.API.CONSUMER.LIST.{stream}", b'{"offset":0}'))["consumers"]
    assert {"billing", "totalview"} <= set(names) == {consumer["name"] for consumer in listed}, names
    for name in names:
        await consumer_info(client, stream, name)


async def consumer_info(client, stream, name):
    info = await ask(client, f"$JS.API.CONSUMER.INFO.{stream}.{name}")
    assert info["name"] == name and "ack_floor" in info, info


async def read_directly(client, stream):
    state = await stream_info(client, stream)
    await ask(client, "$JS.API.INFO")
    body = json.dumps({"seq": state["first_seq"], "batch": state["messages"]}).encode()
    ended = lambda answer: (answer.headers or {}).get("Status") == "204"
    read = await gather(client, f"$JS.API.DIRECT.GET.{stream}", state["messages"], body, ended)
    assert len(read) == state["messages"] > 0, (len(read), state)


async def hear(client, subject, happen):
    subscription = await client.subscribe(subject)
    await client.flush()
    await happen()
    message = await subscription.next_msg(timeout=WITHIN)
    assert message.subject.startswith("rental.events."), message.subject
    await subscription.unsubscribe()


async def services(client, verb, name=None):
    subject = f"$SRV.{verb}" + (f".{name}" if name else "")
    answers = [json.loads(answer.data) for answer in await gather(client, subject, 1 if name else 5)]
    found = sorted(answer["name"] for answer in answers)
    assert found == ([name] if name else [f"rental-{c}" for c in "billing inventory logistics order totalview".split()]), found
    if verb != "PING":
        assert all(answer["endpoints"] for answer in answers), answers
    if name:
        one = json.loads((await client.request(f"$SRV.{verb}.{name}.{answers[0]['id']}", b"", timeout=WITHIN)).data)
        assert one["name"] == name


def what_it_does(line, client, happen):
    match shlex.split(line, comments=True)[1:]:
        case ["account", "info"]:
            return account_info(client)
        case ["server", "check", "connection"]:
            return check_connection(client)
        case ["stream", "ls"] | ["stream", "report"]:
            return streams(client)
        case ["stream", "info", stream]:
            return stream_info(client, stream)
        case ["stream", "get", stream, number]:
            return stream_get(client, stream, number)
        case ["consumer", "ls", stream] | ["consumer", "report", stream]:
            return consumers(client, stream)
        case ["consumer", "info", stream, name]:
            return consumer_info(client, stream, name)
        case ["sub", "--stream", stream, "--direct", "--all"]:
            return read_directly(client, stream)
        case ["sub", subject]:
            return hear(client, subject, happen)
        case ["micro", "ls"]:
            return services(client, "INFO")
        case ["micro", "ping"]:
            return services(client, "PING")
        case ["micro", ("info" | "stats") as verb, name]:
            return services(client, verb.upper(), name)
    raise SystemExit(f"README has a line that is not tried: {line}")


async def main(readme, home):
    block = re.search(r"<!-- nats -->\n```sh\n(.*?)```\n<!-- /nats -->", open(readme).read(), re.S).group(1)
    first, *lines = block.strip().splitlines()
    file = re.fullmatch(r"export NATS_CONTEXT=\$PWD/\.rental/(nats/\w+\.json)", first).group(1)
    client, refused = await connect(json.load(open(f"{home}/{file}")))
    staff, _ = await connect(json.load(open(f"{home}/nats/staff.json")))

    async def happen():
        product = json.dumps({"productName": f"CAMERA {time.time_ns()}", "qty": 1}).encode()
        await staff.request("rental.inventory.register", product, timeout=WITHIN)

    await happen()
    for line in lines:
        try:
            await what_it_does(line, client, happen)
        except Exception as error:
            raise SystemExit(f"{line}: {error!r}; the broker said {refused}")
        print("works:", line)
    assert not refused, refused
    assert len(lines) >= 14


asyncio.run(main(*sys.argv[1:]))
