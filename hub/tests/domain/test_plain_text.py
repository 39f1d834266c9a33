"""HTML seen as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.plain_text import insert_preheader, read_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo\n"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree\n"),
        ("a\n   b <b>c</b>d", "a b cd\n"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n\n- Two\n"),
        ("<table><tr><td>A</td><td>1</td></tr><tr><td>B</td><td>2</td></tr></table>", "A 1\n\nB 2\n"),
        ('<a href="https://x.org/a?b=1&amp;c">Go</a>', "Go (https://x.org/a?b=1&c)\n"),
        ('<a href="https://x.org">https://x.org</a>', "https://x.org\n"),
        ('<a href="mailto:a@x.org">Write</a>', "Write\n"),
        ("<style>p{}</style><script>x<y</script><title>T</title>Seen", "Seen\n"),
        ('<div style="display: none">Hidden<p>too</p></div>Seen', "Seen\n"),
        ('<img src="x" alt="A cat"> sits', "A cat sits\n"),
        ("&lt;b&gt; &amp; &euro;", "<b> & €\n"),
        ("<head><meta charset=utf-8><link rel=x></head><body>Seen</body>", "Seen\n"),
        ("", "\n"),
    ],
)
def test_html_reads_as_text(html: str, text: str) -> None:
    assert read_text(html) == text


@given(st.text(alphabet="<>/ab p=\"'!-&;\n") | st.text())
def test_any_text_can_be_read(html: str) -> None:
    assert read_text(html).endswith("\n")


@pytest.mark.parametrize("html", ["<p>x", "<body>", "<BODY class='a>b'>", ""])
def test_a_preheader_is_put_once_and_stays_hidden(html: str) -> None:
    shown = insert_preheader(html, "look & see")
    assert shown.count("look &amp; see") == 1
    assert "look" not in read_text(shown)
