"""Errors say states, acts and roles in the reader's words; on the command line as they are stored."""

import pytest

from agreements.kernel.access.rules import Permission, require
from agreements.kernel.errors import IllegalMove, NotPermitted
from agreements.kernel.web.problems import problem
from compliance.breaches.rules import CaseEvent, CaseState, case_move
from tests.builders import a_person


def raised(error, act, *arguments):
    with pytest.raises(error) as caught:
        act(*arguments)
    return caught.value


def test_an_illegal_move_is_said_in_chinese(app):
    error = raised(IllegalMove, case_move, CaseState.SUSPECTED, CaseEvent.REINSTATE)

    with app.test_request_context("/", headers={"Accept-Language": "zh"}):
        told = problem(error)

    assert "suspected" not in told["detail"] + told["remedy"]
    assert "排除违约嫌疑、确认违约" in told["remedy"]
    assert "suspected can't reinstate" in str(error)
    assert "dismiss, confirm" in str(error)


def test_a_missing_permission_names_the_roles_in_chinese(app):
    error = raised(NotPermitted, require, a_person("auditor"), Permission.DECIDE_SUSPENSION)

    with app.test_request_context("/", headers={"Accept-Language": "zh"}):
        told = problem(error)

    assert "决定暂停服务" in told["detail"]
    assert "legal_approver" not in told["remedy"]
