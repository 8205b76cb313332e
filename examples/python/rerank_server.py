"""A small client of `rerank serve`, with nothing but requests.

It asks again when the server is busy (429), loading (503) or out of reach, and waits as long as the server says.
"""

import base64
import json
import random
import struct
import time

import requests

# 504 is not among them: the same work would take as long again.
PASSING = {429, 502, 503}
LONGEST_WAIT_SECONDS = 60


class RerankError(Exception):
    """An answer that is no success, in the server's own words."""

    def __init__(self, status, message, request_id=None):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.request_id = request_id


class RerankServer:
    def __init__(self, base_url="http://127.0.0.1:7372", api_key=None, retries=2, timeout_seconds=130):
        self.base_url = base_url.rstrip("/")
        self.retries = retries
        self.timeout_seconds = timeout_seconds  # a little longer than the server's own deadline
        self.session = requests.Session()
        # Otherwise requests may send a login of ~/.netrc in place of the key.
        self.session.trust_env = False
        if api_key is not None:
            self.session.headers["Authorization"] = f"Bearer {api_key}"

    def rerank(self, query, documents, top_n=None, **options):
        """[(index, relevance), ...], best first. Relevance is 0 to 1."""
        answer = self._post("/v1/rerank", query=query, documents=documents, top_n=top_n, **options).json()
        return [(result["index"], result["relevance_score"]) for result in answer["results"]]

    def embed(self, texts, **options):
        """One tuple of floats for each text, of unit length. `input_type="query"` for queries."""
        answer = self._post("/v1/embeddings", input=texts, encoding_format="base64", **options).json()
        vectors = [base64.b64decode(entry["embedding"]) for entry in sorted(answer["data"], key=lambda entry: entry["index"])]
        return [struct.unpack(f"<{len(vector) // 4}f", vector) for vector in vectors]

    def search(self, query, **options):
        """The answer of `rerank search --json`, over the server's index."""
        return self._post("/v1/search", query=query, **options).json()

    def search_events(self, query, **options):
        """("recalled" | "judged" | "result", data) as the search goes on."""
        with self._post("/v1/search", query=query, stream=True, **options) as response:
            event = None
            # Bytes: text would be split at U+2028 and its like too, which may stand in a passage.
            for line in response.iter_lines():
                if line.startswith(b"event: "):
                    event = line[len(b"event: "):].decode()
                elif line.startswith(b"data: "):
                    data = json.loads(line[len(b"data: "):])
                    if event == "error":
                        raise RerankError(data["error"]["code"], data["error"]["message"], data["id"])
                    yield event, data

    def _post(self, path, **body):
        body = {name: value for name, value in body.items() if value is not None}
        for attempt in range(self.retries + 1):
            wait_seconds = min(8, 0.5 * 2**attempt) * random.uniform(0.5, 1)
            try:
                response = self.session.post(
                    self.base_url + path, json=body, timeout=(5, self.timeout_seconds), stream=body.get("stream", False), allow_redirects=False
                )
            except requests.ConnectionError:
                if attempt == self.retries:
                    raise
            else:
                if response.status_code == 200:
                    return response
                # A server that wants to be left alone for longer than a minute is left alone.
                retry_after = float(response.headers.get("Retry-After", 0))
                if response.status_code not in PASSING or attempt == self.retries or retry_after > LONGEST_WAIT_SECONDS:
                    raise self._error(response)
                wait_seconds += retry_after
            time.sleep(wait_seconds)
        raise AssertionError("the last attempt returns or raises")

    @staticmethod
    def _error(response):
        try:
            message = response.json()["error"]["message"]
        except (ValueError, KeyError, TypeError):
            message = response.reason
        return RerankError(response.status_code, message, response.headers.get("X-Request-Id"))
