"""The page of open data."""

import re
from html import unescape

from fastapi.testclient import TestClient

from app.opendata.schemas import DATA_SETS


def test_the_page_names_every_file_its_columns_and_the_licence(client: TestClient) -> None:
    answer = client.get("/data")
    text = unescape(answer.text)

    assert answer.status_code == 200
    assert "CC BY 4.0 unless the network says otherwise" in text
    for name, data in DATA_SETS.items():
        assert data.title in answer.text
        for column, meaning in data.columns:
            assert f"<code>{column}</code>" in answer.text
            assert meaning in text
        assert f'href="/data/{name}.csv"' in answer.text


def test_every_link_of_the_page_works(client: TestClient) -> None:
    page = client.get("/data").text

    links = set(re.findall(r'href="(/data/[^"]+)"', page))

    assert len(links) == 2 * len(DATA_SETS) + 1
    assert {client.get(link).status_code for link in links} == {200}
    assert 'href="/data"' in client.get("/").text
