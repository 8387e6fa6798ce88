"""What an agent of the tests says, a frame a line: properly sealed, and saying
whatever it was told (tests/adversary).
"""

import json

from mcp_host import meta
from pipeline import build_with


def request(number, method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                       "params": {"_meta": meta(), **params}})


def call(number, name, **arguments):
    return request(number, "tools/call", name=name, arguments=arguments)


def repair(*statements, **members):
    """The arguments of propose_repair."""
    return {"diagnosis": "d", "risk_level": "LOW",
            "statements": list(statements), "mapping": [], "advice": [],
            "reasoning": "because", **members}


def proposal(number, *statements, **members):
    return call(number, "propose_repair", **repair(*statements, **members))


def saying(*frames):
    """A build folder with the agent that says them."""
    return build_with("scripted", "".join(f"{frame}\n" for frame in frames))


def proposing(*statements):
    return saying(proposal(1, *statements))
