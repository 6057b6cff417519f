# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For Nix: nix-build packaging, in a clone.
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation {
  pname = "domrun";
  version = "0.1.0";
  src = pkgs.lib.cleanSource ../.;

  nativeBuildInputs = [ pkgs.autoreconfHook pkgs.pkg-config pkgs.python3 ];
  buildInputs = [ pkgs.glib pkgs.json_c pkgs.libxml2 ];

  # The tests need QEMUs of five machines, and guests that boot: scripts/check runs them.
  doCheck = false;
  enableParallelBuilding = true;

  meta = {
    description = "Run libvirt domain XML as QEMU/KVM guests, without a daemon";
    license = pkgs.lib.licenses.lgpl21Plus;
    platforms = pkgs.lib.platforms.linux;
    mainProgram = "domrun";
  };
}
