"""The watch sees what it is there for: each thing that no page may do, done once."""

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.watching import Watch

THROWN = """
() => new Promise((done) => {
  addEventListener('error', () => done());
  setTimeout(() => { throw new Error('lost'); });
})
"""
INLINE = """
() => new Promise((done) => {
  addEventListener('securitypolicyviolation', () => done());
  document.body.append(Object.assign(document.createElement('style'), { textContent: 'a{}' }));
})
"""
ELSEWHERE = """
() => new Promise((done) => {
  addEventListener('securitypolicyviolation', () => done());
  fetch('https://elsewhere.example/').catch(() => undefined);
})
"""


@pytest.mark.parametrize(
    ("deed", "seen"),
    [
        ("() => console.error('ouch')", "console error: ouch"),
        ("() => console.warn('careful')", "console warning: careful"),
        (THROWN, "not caught: lost"),
        (INLINE, "policy violated: style-src"),
        (ELSEWHERE, "policy violated: connect-src"),
    ],
)
def test_what_a_page_may_not_do_is_seen(visit: Visit, watch: Watch, deed: str, seen: str) -> None:
    page = visit("/about")
    page.evaluate(deed)
    expect_problem(watch, seen)


def test_a_request_to_another_host_is_seen(visit: Visit, watch: Watch) -> None:
    page = visit("/about", bypass_csp=True)
    page.route("https://elsewhere.example/", lambda route: route.fulfill(status=204))
    page.evaluate("() => fetch('https://elsewhere.example/', { mode: 'no-cors' })")
    expect_problem(watch, "asked another host: https://elsewhere.example/")


def expect_problem(watch: Watch, seen: str) -> None:
    with pytest.raises(AssertionError, match=seen):
        watch.require_nothing()
    watch.problems.clear()


def test_a_fault_of_the_server_is_seen(visit: Visit, watch: Watch) -> None:
    page = visit("/about")
    page.route("**/healthz", lambda route: route.fulfill(status=500))
    page.evaluate("() => fetch('/healthz')")
    expect_problem(watch, "fault of the server: 500")
