"""Renders an OpenAPI 3.1 document as an HTML page that needs no network and no script.

Whoever serves the page sends `REFERENCE_CSP` with it. `welcome` and the console share its style.
"""

import base64
import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from maquette.wire.schemas import Node, Row, examples_of, facts_of, plain, rows_below, sample_of, shapes, type_of

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
PLACES = ("path", "query", "header", "cookie")
MARKDOWN = MarkdownIt("js-default").disable("image")
PAGES = Environment(autoescape=True, loader=PackageLoader("maquette.wire"), trim_blocks=True, undefined=StrictUndefined)

# The style is inline, and the policy allows only the style with this hash.
_STYLE = PAGES.get_template("reference.css").render()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
REFERENCE_CSP = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def render_reference(document: Node, *, base_url: str, document_url: str = "openapi.json", home_url: str = "/") -> str:
    """The page. `base_url` is prefixed to every path. Raises `KeyError` for a dangling reference."""
    whole = inlined(document, document)
    schemes = whole.get("components", {}).get("securitySchemes", {})
    return PAGES.get_template("reference.html").render(
        info=whole["info"],
        base_url=base_url.rstrip("/"),
        document_url=document_url,
        home_url=home_url,
        schemes=schemes,
        credentials={name: _credential(scheme) for name, scheme in schemes.items()},
        groups=_groups(whole),
    )


def inlined(node: Any, document: Node, trail: tuple[str, ...] = ()) -> Any:
    """A copy of the tree with `$ref`s resolved; a recursive one becomes a schema of the pseudo-type `again`."""
    if isinstance(node, list):
        return [inlined(part, document, trail) for part in node]
    if isinstance(node, float) and node.is_integer():
        return int(node)  # an integer's limits may be given as floats
    if not isinstance(node, Mapping):
        return node
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return _merged({key: inlined(part, document, trail) for key, part in node.items()})
    beside = {key: inlined(part, document, trail) for key, part in node.items() if key != "$ref"}
    if reference in trail:
        return {"title": reference.rpartition("/")[2], "type": "again", **beside}
    target: Any = document
    for step in reference.removeprefix("#/").split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return {**inlined(target, document, (*trail, reference)), **beside}


def _merged(node: dict[str, Any]) -> dict[str, Any]:
    """The schemas of an `allOf` as one schema."""
    if not isinstance(node.get("allOf"), list):
        return node
    parts = [*node.pop("allOf"), node]
    properties = {name: schema for part in parts for name, schema in part.get("properties", {}).items()}
    required = [name for part in parts for name in part.get("required", ())]
    whole = {key: value for part in parts for key, value in part.items()}
    return {**whole, "properties": properties, "required": required}


def _credential(scheme: Node) -> str:
    """The request header that carries the secret, with a shell variable in the secret's place."""
    is_key = scheme.get("bearerFormat") != "JWT" and scheme["type"] in ("http", "apiKey")
    secret = "$KEY" if is_key else "$TOKEN"
    if scheme["type"] == "apiKey":
        name = re.sub(r"[^\w.-]", "", scheme["name"])
        return f"{name}: {secret}" if scheme["in"] == "header" else f"Cookie: {name}={secret}"
    return f"Authorization: {'Basic' if scheme.get('scheme') == 'basic' else 'Bearer'} {secret}"


def _groups(whole: Node) -> list[dict[str, Any]]:
    """The operations by their first tag: declared tags in their order, then others in order of appearance."""
    groups = {tag["name"]: {"description": "", **tag, "operations": []} for tag in whole.get("tags", ())}
    for path, item in whole.get("paths", {}).items():
        for method in (method for method in METHODS if method in item):
            stated = {"security": whole.get("security", ()), **item[method]}
            tag = (stated.get("tags") or ["Operations"])[0]
            group = groups.setdefault(tag, {"name": tag, "description": "", "operations": []})
            group["operations"].append(_operation(method, path, stated, item.get("parameters", ())))
    return [group for group in groups.values() if group["operations"]]


def _operation(method: str, path: str, stated: Node, shared: Sequence[Node]) -> dict[str, Any]:
    # The operation's own parameter overrides the path's of the same name, because it comes last.
    both = (*shared, *stated.get("parameters", ()))
    parameters = {(part["in"], part["name"]): part for part in both}.values()
    answers = _answers(stated.get("responses", {}))
    good = (answer for answer in answers if answer["body"] and min(answer["meanings"]).startswith("2"))
    return {
        "id": re.sub(r"\W+", "-", method + path.replace("{", "by-")).strip("-"),
        "method": method.upper(),
        "path": path,
        "summary": stated.get("summary") or path,
        "description": stated.get("description", ""),
        "deprecated": stated.get("deprecated", False),
        "security": stated["security"],
        "parameters": {place: [_row(part) for part in parameters if part["in"] == place] for place in PLACES},
        "body": _body(stated.get("requestBody", {})),
        "answers": answers,
        "shown": next(good, None),
    }


def _row(stated: Node) -> Row:
    """A parameter or header, with what is stated beside its schema merged into it, and without null."""
    schema: Node = stated.get("schema", {})
    for media in stated.get("content", {}).values():
        schema = media.get("schema", {})
    annotations = ("description", "deprecated", "example", "examples")
    beside = {key: stated[key] for key in annotations if stated.get(key)}
    texts = [shape for shape in shapes(schema) if shape["type"] != "null"]
    return Row(stated["name"], {**schema, **beside, "oneOf": texts}, stated.get("required", False))


def _body(stated: Node) -> dict[str, Any] | None:
    """A request or response body in its first JSON media type, or else its first media type."""
    kinds = sorted(stated.get("content", {}).items(), key=lambda kind: "json" not in kind[0])
    for media_type, media in kinds[:1]:
        schema = media.get("schema", {})
        example = [*examples_of(media), sample_of(schema)][0]
        return {"media_type": media_type, "schema": schema, "rows": list(rows_below(schema)), "example": example}
    return None


def _answers(responses: Node) -> list[dict[str, Any]]:
    """The responses. Errors with the same body and headers are merged under all their statuses; successes are not."""
    alike: dict[str, dict[str, Any]] = {}
    for status, stated in sorted(responses.items()):
        headers = [{"name": name, **header} for name, header in sorted(stated.get("headers", {}).items())]
        key = json.dumps([headers, stated.get("content"), status < "3" and status], sort_keys=True)
        answer = {"meanings": {}, "headers": [_row(header) for header in headers], "body": _body(stated)}
        alike.setdefault(key, answer)["meanings"][status] = stated["description"]
    return list(alike.values())


def _curl(operation: Node, base_url: str, credentials: Mapping[str, str]) -> str:
    """A command to paste. Everything from the document is quoted for the shell; only the secret is a shell variable."""
    path, query, header = (
        {row.name: plain(sample_of(row.schema)) for row in operation["parameters"][place] if row.required}
        for place in PLACES[:3]
    )
    body, method = operation["body"], operation["method"]
    filled = re.sub("{(.+?)}", lambda name: quote(path.get(name[1], name[0]), safe=""), operation["path"])
    url = base_url + filled + ("?" + urlencode(query) if query else "")
    is_form = body is not None and body["media_type"].startswith("multipart/")
    header |= {"Content-Type": body["media_type"]} if body and not is_form else {}
    lines = ["curl -I" if method == "HEAD" else f"curl -X {method}", shlex.quote(url)]
    lines += [f'-H "{credentials[name]}"' for name in next(iter(operation["security"]), ())]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in header.items()]
    if is_form:
        lines += _parts(body["rows"])
    elif body:
        lines.append(f"-d {shlex.quote(_written(body['example']))}")
    return " \\\n".join(lines).replace("\n", "\n  ")


def _parts(rows: Sequence[Row]) -> list[str]:
    """Arguments for the required fields of a form; a file is read from the working directory."""
    values = {
        row.name: "@picture.png" if row.schema.get("format") == "binary" else plain(sample_of(row.schema))
        for row in rows
        if row.required
    }
    return [f"-F {shlex.quote(f'{name}={value}')}" for name, value in values.items()]


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _painted(value: Any) -> Markup:
    """JSON as HTML, with keys and strings highlighted. Only strings can contain characters that need escaping."""

    def mark(match: re.Match[str]) -> str:
        return f'<span class="{"key" if match[2] else "text"}">{escape(match[1])}</span>{match[2]}'

    return Markup(re.sub(r'("(?:[^"\\]|\\.)*")(:?)', mark, _written(value)))  # noqa: S704


def _markdown(text: str, top: int) -> Markup:
    """Markdown as HTML. Headings start at level `top`, below the page's own; embedded HTML and images stay text."""
    tokens = MARKDOWN.parse(text)
    for token in (token for token in tokens if token.type.startswith("heading")):
        token.tag = f"h{min(int(token.tag[1]) + top - 1, 6)}"
    return Markup(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))  # noqa: S704


PAGES.filters |= {"markdown": _markdown, "painted": _painted}
PAGES.globals |= {"css": Markup(_STYLE), "curl": _curl, "type": type_of, "facts": facts_of}  # noqa: S704
