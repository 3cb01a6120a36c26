"""TLS when a certificate is mounted; a certificate that cannot be used stops the start with a sentence."""

import socket
import ssl

from tests.containers.conftest import NewStack
from tests.containers.stack import Stack, run
from tests.containers.visitor import Visitor


def certify(stack: Stack) -> ssl.SSLContext:
    """Put a certificate for 127.0.0.1 where the README says; what trusts it."""
    folder = stack.tree / "certificates"
    key, chain = folder / "privkey.pem", folder / "fullchain.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(chain))  # fmt: skip
    key.chmod(0o644)
    return ssl.create_default_context(cafile=chain)


def test_with_a_certificate_nginx_speaks_tls_and_leads_plain_http_there(new_stack: NewStack) -> None:
    """On the same port; cookies are sent over https alone then."""
    stack = new_stack()
    trust = certify(stack)
    stack.settings["OBOEGAKI_ADDRESS"] = f"https://127.0.0.1:{stack.port}"
    stack.up()
    visitor = Visitor(f"https://127.0.0.1:{stack.port}", trust=trust)
    assert visitor.claim(stack.set_up_link()).status == 302
    page = visitor.get("/")
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"]
    assert all(cookie.secure for cookie in visitor.cookies)
    for host in (f"127.0.0.1:{stack.port}", "evil.example"):
        plain = Visitor(f"http://127.0.0.1:{stack.port}").get("/account?a=b", {"Host": host})
        assert plain.status == 308
        assert plain.headers["Location"] == f"https://127.0.0.1:{stack.port}/account?a=b", (
            "whatever the request calls us"
        )
    assert spoken(stack, trust) == "TLSv1.3"
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    assert spoken(stack, trust) == "TLSv1.2"


def test_where_no_address_is_set_plain_http_is_told_to_come_by_https(new_stack: NewStack) -> None:
    """There is nowhere to lead to: the name in the request may be anybody's. An address that is none is refused."""
    stack = new_stack()
    certify(stack)
    stack.compose("up", "--detach", "--build", "--wait", "nginx")
    plain = Visitor(f"http://127.0.0.1:{stack.port}").get("/account", {"Host": "evil.example"})
    assert (plain.status, plain.headers["Upgrade"], plain.headers["Location"]) == (426, "TLS/1.3, HTTP/1.1", None)
    assert "This server speaks https alone: let the address begin with https://" in plain.text
    assert "このサーバーはhttpsだけで応答します。アドレスの先頭をhttps://にしてください。" in plain.text
    assert "evil" not in plain.text
    stack.settings["OBOEGAKI_ADDRESS"] = "https://a.example;return"
    stack.compose("up", "--detach", "nginx")
    stack.compose("stop", "nginx")
    assert (
        "OBOEGAKI_ADDRESS=https://a.example;return: is not an address; use one such as https://cards.example.org"
        in (stack.logs("nginx"))
    )


def spoken(stack: Stack, trust: ssl.SSLContext) -> str | None:
    """The version of TLS that nginx and a client agree on."""
    with (
        socket.create_connection(("127.0.0.1", stack.port), timeout=10) as connection,
        trust.wrap_socket(connection, server_hostname="127.0.0.1") as secured,
    ):
        return secured.version()


def test_a_certificate_that_cannot_be_used_is_told_with_its_file(new_stack: NewStack) -> None:
    """Half of one, and links to where the host has it, as certbot's are: without a word nginx would speak in clear."""
    stack = new_stack()
    certify(stack)
    key, chain = (stack.tree / "certificates" / name for name in ("privkey.pem", "fullchain.pem"))
    key.unlink()
    told = "/certificates/privkey.pem: is missing or cannot be read by user id 101; TLS needs both files"
    assert told in said_by_nginx(stack)
    for file in (key, chain):
        file.unlink(missing_ok=True)
        file.symlink_to(f"../elsewhere/{file.name}")
    told = "/certificates/fullchain.pem: is a link that leads out of the folder; put the file itself there"
    assert told in said_by_nginx(stack)


def test_a_folder_of_certificates_that_nginx_cannot_look_into_is_told(new_stack: NewStack) -> None:
    """A clone may be its owner's alone, and most have no certificate: nginx goes on without TLS."""
    stack = new_stack()
    certify(stack)
    (stack.tree / "certificates").chmod(0o700)
    told = "/certificates: user id 101 cannot look into it, so there is no TLS; chmod 755 certificates"
    assert told in said_by_nginx(stack)


def said_by_nginx(stack: Stack) -> str:
    """What nginx logs when it is started, whether that goes well or not."""
    stack.compose("up", "--detach", "--build", "nginx")
    stack.compose("stop", "nginx")
    return stack.logs("nginx")
