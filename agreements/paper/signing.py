"""Signing a drawn document: PAdES B-B by pyHanko, with a certified signature that allows further ones only.

The signature itself shows nothing: everything to be seen was drawn before, and anything drawn after breaks it.
"""

import io

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from agreements.paper.certificates import SigningIdentity

FIELD = "ProviderSeal"
RESERVED_BYTES = 16 * 1024
"""For the signature with its certificates; a fixed room spares a trial signature."""


def sign(unsigned: bytes, identity: SigningIdentity, *, provider: str, number: str) -> bytes:
    """Return the signed file: the unsigned bytes, unchanged, and the signature after them."""
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=provider,
        reason=number,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    signed = io.BytesIO()
    PdfSigner(metadata, signer=identity.signer).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(unsigned)), output=signed, bytes_reserved=RESERVED_BYTES
    )
    return signed.getvalue()
