"""Documents of ours, seals, certificates and signed copies for tests."""

import io
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import socket
from threading import Thread

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen.canvas import Canvas

from agreements.kernel import clock
from agreements.paper import certificates
from agreements.paper.issuing import (
    Facts,
    Grid,
    PaperContent,
    PaperKind,
    Paragraph,
    Signature,
    Weight,
    issue,
)
from agreements.paper.rendering import Frame, SealFace, render
from tests.builders import at, day
from tests.builders_register import APPROVER, a_paid_agreement

NOW = at("Mon 2024-09-16 10:00")
PROVIDER = "青榕数据科技（杭州）有限公司"
TENANT = "海棠企业管理（武汉）有限公司"
FRAME = Frame(
    "LY-2024-000001-ABC234", PROVIDER, "http://127.0.0.1:8000/verify?number=LY-2024-000001-ABC234", NOW, is_trial=False
)
SEAL = SealFace(PROVIDER, "")
REVOCATIONS_AT = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier("http://ca.example/list.crl")], None, None, None)]
)
LONG = (
    "甲方应当自收到本通知之日起5个工作日内（含第5日）完成改正，并将改正结果以书面形式送达乙方；逾期未改正的，"
    "乙方有权依据主协议第3.3条、附件第2.4条暂停服务。相关订单号为ORDER20240912-00012345，应付金额为¥1,234,567.89元。"
)


def some_content(**changed):
    """A letter with every kind of block."""
    values = {
        "title": "限期改正通知书",
        "addressee": TENANT,
        "reference": "订单号：200000000000001",
        "blocks": (
            Paragraph("一、事实", Weight.HEADING),
            Paragraph(LONG),
            Facts((("订单号", "200000000000001"), ("产品", "身份二要素核验-【示例】"))),
            Paragraph(LONG, Weight.CLAUSE, "（一）"),
            Grid(
                ("项目", "金额（元）"),
                (("服务费", "1,200.00"), ("合计", "1,200.00")),
                (3, 1),
                frozenset({1}),
                total=True,
            ),
            Paragraph("以上期限届满日为周末或法定休假日的，顺延至其后第一个工作日。", Weight.NOTE),
        ),
        "signatures": (Signature("", PROVIDER, is_ours=True, dated_on=day("Mon 2024-09-16")),),
    }
    return PaperContent(**(values | changed))


def a_long_content(paragraphs=40):
    return some_content(blocks=tuple(Paragraph(LONG) for _ in range(paragraphs)))


def drawn(content=None, frame=FRAME, seal=SEAL):
    return render(content or some_content(), frame, seal)


def a_document(session, kind=PaperKind.RECTIFICATION_DEMAND, *, agreement=None, actor=APPROVER, now=NOW, **changed):
    """Issued through the real use case, for a paid agreement."""
    agreement = agreement or a_paid_agreement(session)
    return issue(
        session,
        kind,
        content=some_content(**changed),
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause="3.3",
        actor=actor,
        now=now,
    )


class Authority:
    """A certification authority of the test's own, who signs for companies and revokes."""

    def __init__(self, name="示例电子认证根证书"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._certificate(self.name, self.key, is_authority=True)

    def holder(self, name=PROVIDER):
        """A company's signer whose certificate this authority vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        certificate = self._certificate(subject, key)
        held = pkcs12.serialize_key_and_certificates(
            b"seal", key, certificate, [self.certificate], serialization.NoEncryption()
        )
        return certificates._opened(held, None, is_trial=False), certificate, held

    def timestamper(self):
        """A timestamp authority that this authority vouches for, as pyhanko plays one."""
        key = rsa.generate_private_key(65537, 2048)  # pyhanko's can do no other
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例时间戳服务")])
        certificate = self._certificate(name, key, usage=ExtendedKeyUsageOID.TIME_STAMPING)
        encoded = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        store = SimpleCertificateStore()
        store.register(certificates._asn1(self.certificate))
        return DummyTimeStamper(certificates._asn1(certificate), asn1_keys.PrivateKeyInfo.load(encoded), store)

    def revoked(self, certificate):
        """A list that revokes a certificate since the day before it signed."""
        wall = clock.wall()
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.serial_number)
            .revocation_date(wall - timedelta(days=1))
            .build()
        )
        return (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(wall - timedelta(hours=1))
            .next_update(wall + timedelta(days=7))
            .add_revoked_certificate(entry)
            .sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def _certificate(self, subject, key, *, is_authority=False, usage=None):
        wall = clock.wall()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(wall - timedelta(days=30))
            .not_valid_after(wall + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(REVOCATIONS_AT, critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=True,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=is_authority,
                    crl_sign=is_authority,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        return builder.sign(self.key, hashes.SHA256())


@contextmanager
def a_timestamp_authority(timestamper, *, status=200):
    """Serve RFC 3161 on loopback; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):  # its name is http.server's
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            content = timestamper.request_tsa_response(asked).dump()
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_address():
    """An address of loopback at which nobody answers."""
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/tsa"


def a_plain_pdf(text="Contract copy", pages=1):
    """A small PDF of another maker."""
    target = io.BytesIO()
    canvas = Canvas(target, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 720, f"{text} {number + 1}")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def signed_by(holder, content, field="Seal1"):
    """The content with a further signature."""
    target = io.BytesIO()
    metadata = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    PdfSigner(metadata, signer=holder.signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content)), output=target)
    return target.getvalue()
