"""python3 -m pip install requests && RERANK_API_KEY=... python3 example.py [base URL]"""

import os
import sys

import requests

from rerank_server import RerankError, RerankServer

server = RerankServer(*sys.argv[1:2], api_key=os.environ.get("RERANK_API_KEY"))

query = "how do I remove limescale from a kettle?"
documents = [
    "Check the tyre pressure before every ride.",
    "Boil a mixture of water and vinegar in the kettle: it dissolves limescale.",
    "水壶里的水垢可以用柠檬酸去除。",
]
try:
    print("rerank")
    for index, relevance in server.rerank(query, documents, top_n=2):
        print(f"  {relevance:.3f}  {documents[index]}")

    print("embeddings")
    [question] = server.embed([query], input_type="query")
    for document, vector in zip(documents, server.embed(documents)):
        print(f"  {sum(a * b for a, b in zip(question, vector)):.3f}  {document}")

    print("search")
    for result in server.search(query, limit=3)["results"]:
        print(f"  {result['relevance']:.3f}  {result['path']}:{result['startLine']}")
    print("search, as it goes on")
    for event, data in server.search_events(query):
        if event == "recalled":
            print(f"  {len(data['candidates'])} candidates")
        elif event == "judged":
            print(f"  {data['done']} of {data['total']} judged")
        else:
            print(f"  best: {data['results'][0]['path'] if data['results'] else 'none'}")
except RerankError as error:
    # 401 without a key that the server knows. 404 where it has no index: run `rerank index <folder>` in the folder that it was started in.
    sys.exit(f"  {error}")
except requests.RequestException as error:
    sys.exit(f"  no answer from {server.base_url}: {error}")
