# SPDX-License-Identifier: LGPL-2.1-or-later
dist_noinst_SCRIPTS += \
	%D%/analyze \
	%D%/bench \
	%D%/bench-growth \
	%D%/check \
	%D%/check-on \
	%D%/cpu-data \
	%D%/demo \
	%D%/fetch-guests \
	%D%/format-names \
	%D%/fuzz \
	%D%/key-codes \
	%D%/package \
	%D%/parity
dist_noinst_DATA += %D%/analyze-known %D%/lib.sh \
	%D%/measure/__main__.py \
	%D%/measure/libvirt.py \
	%D%/measure/many.py \
	%D%/measure/plot.py \
	%D%/measure/processes.py \
	%D%/measure/rows.py
EXTRA_DIST += .ci/run
