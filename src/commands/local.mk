# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/adopt.c \
	%D%/adoption.c %D%/adoption.h \
	%D%/agent.c %D%/agent.h \
	%D%/argv.c \
	%D%/check.c \
	%D%/cloud-init.c \
	%D%/command.c %D%/command.h \
	%D%/console.c \
	%D%/destroy.c \
	%D%/display.c \
	%D%/domblklist.c \
	%D%/domfsfreeze.c \
	%D%/domfsthaw.c \
	%D%/domfstrim.c \
	%D%/domhostname.c \
	%D%/domid.c \
	%D%/domifaddr.c \
	%D%/domiflist.c \
	%D%/dominfo.c \
	%D%/domstate.c \
	%D%/dompmsuspend.c \
	%D%/domtime.c \
	%D%/domuuid.c \
	%D%/dump.c \
	%D%/dumpxml.c \
	%D%/events.c \
	%D%/examples.c %D%/examples.h \
	%D%/facts.c %D%/facts.h \
	%D%/forget.c \
	%D%/guest.c %D%/guest.h \
	%D%/guestinfo.c \
	%D%/guestvcpus.c \
	%D%/habits.c %D%/habits.h \
	%D%/key-codes.inc \
	%D%/help.c %D%/help.h \
	%D%/init.c \
	%D%/keys.c \
	%D%/keys.h \
	%D%/list.c \
	%D%/log.c \
	%D%/options.c %D%/options.h \
	%D%/output.c \
	%D%/qemu-agent-command.c \
	%D%/qmp.c \
	%D%/request.c %D%/request.h \
	%D%/reset.c \
	%D%/resume.c \
	%D%/run.c \
	%D%/run-record.c %D%/run-record.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/screenshot.c \
	%D%/send-key.c \
	%D%/set-user-password.c \
	%D%/shutdown.c \
	%D%/ssh.c \
	%D%/supervision.c %D%/supervision.h \
	%D%/suspend.c \
	%D%/ttyconsole.c \
	%D%/user.c %D%/user.h \
	%D%/view.c \
	%D%/wait.c
