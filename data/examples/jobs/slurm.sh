#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest as a job of Slurm: sbatch slurm.sh guest.xml
#
# Slurm's time limit, and scancel, send SIGTERM to all of the job, and SIGKILL after its KillWait (30 seconds, unless
# slurm.conf says else): the guest is to be down before. The job's exit code is that of domrun; 8: it was stopped.
#SBATCH --job-name=guest
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --mem=3G
#SBATCH --time=01:00:00

# A job need not have a runtime directory of its own, and jobs that share a node do not share their guests.
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT

# --die-together: nothing of the guest is to outlive the job. Two jobs of one document are two guests, by their names.
srun domrun run --die-together --shutdown-timeout=20 --root="$root" --set="name=job-$SLURM_JOB_ID" "$1" &
step=$!

# To the batch shell alone comes what "scancel --batch" sends: it is passed on, and the guest is waited for.
trap 'kill -TERM "$step"' TERM
wait "$step"
code=$?
while kill -0 "$step" 2>/dev/null; do
  wait "$step"
  code=$?
done
exit "$code"
