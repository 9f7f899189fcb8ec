"""With which certificate we sign: the configured one, else a development one that everybody can tell."""

import stat

import pytest

from agreements.kernel.errors import MissingData
from agreements.kernel.settings import Settings
from agreements.paper.certificates import DEVELOPMENT_NAME, identity
from tests.builders_paper import PROVIDER, Authority


def test_a_development_certificate_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = identity(Settings(), tmp_path / "signing")
    second = identity(Settings(), tmp_path / "signing")

    assert (first.name, first.is_trial, first.sha256) == (DEVELOPMENT_NAME, True, second.sha256)
    assert stat.S_IMODE((tmp_path / "signing" / "development.p12").stat().st_mode) == 0o600


def test_the_configured_certificate_signs_and_is_no_trial(tmp_path):
    path = tmp_path / "seal.p12"
    path.write_bytes(Authority().holder()[2])

    found = identity(Settings(signing_pkcs12=str(path)), tmp_path)

    assert (found.name, found.is_trial) == (PROVIDER, False)
    assert not (tmp_path / "development.p12").exists()


@pytest.mark.parametrize("content", [None, b"not a key"])
def test_a_configured_certificate_that_can_t_be_opened_is_never_replaced_by_another(tmp_path, content):
    path = tmp_path / "seal.p12"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(MissingData) as refused:
        identity(Settings(signing_pkcs12=str(path)), tmp_path)

    assert refused.value.code == "SIGNING_CERTIFICATE"
    assert not (tmp_path / "development.p12").exists()
