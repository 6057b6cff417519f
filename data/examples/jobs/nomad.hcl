# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest as a job of Nomad: nomad job run nomad.hcl. The client's configuration has to allow raw_exec.
#
# Nomad ends a task with SIGINT, and kills it after kill_timeout, of which a client allows at most its max_kill_timeout
# (30 seconds, unless it says else): the guest is to be down before. --die-together: nothing outlives the task.
job "guest" {
  type = "batch"

  group "guest" {
    # A batch job has ended with exit code 0: the guest powered off. After any other it is started again, twice.
    restart {
      attempts = 2
      interval = "10m"
      delay    = "15s"
      mode     = "fail"
    }

    task "domrun" {
      driver       = "raw_exec"
      kill_timeout = "30s"

      config {
        command = "/usr/bin/domrun"
        args    = ["run", "--die-together", "--shutdown-timeout=20", "/etc/domrun/guests/web.xml"]
      }

      resources {
        cpu    = 2000
        memory = 3072
      }
    }
  }
}
