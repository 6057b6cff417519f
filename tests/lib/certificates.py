# SPDX-License-Identifier: LGPL-2.1-or-later
"""Certificates for TLS."""

import shutil
import subprocess

import tap


def _openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def make(directory):
    """An authority, and certificates for a server named localhost and for a client, as QEMU wants them."""
    if not shutil.which("openssl"):
        raise tap.Skip("there is no openssl")
    directory.mkdir()
    _openssl(directory, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key.pem", "-out", "ca-cert.pem",
            "-subj", "/CN=authority", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    for who, name in (("server", "localhost"), ("client", "client")):
        (directory / f"{who}.ext").write_text(f"subjectAltName=DNS:{name}\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
                                              f"extendedKeyUsage={who}Auth\nbasicConstraints=critical,CA:FALSE\n")
        _openssl(directory, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{who}-key.pem", "-out", f"{who}.csr",
                "-subj", f"/CN={name}")
        _openssl(directory, "x509", "-req", "-in", f"{who}.csr", "-CA", "ca-cert.pem", "-CAkey", "ca-key.pem",
                "-CAcreateserial", "-extfile", f"{who}.ext", "-out", f"{who}-cert.pem")
