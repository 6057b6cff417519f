/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The port of the host's network that an interface is plugged into: what it may reach, how fast, and how it
 * is told to a switch. A part of the plan (qemu/plan.h); carried out by host/port.h.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

/* In one direction. */
typedef struct {
  guint32 average; /* kilobytes (of 1000) per second; 0: there is no limit */
  guint32 peak;    /* the same, for as long as the burst lasts; 0: not given */
  guint32 burst;   /* KiB; 0: not given */
} PlanRate;

typedef enum {
  PLAN_VLAN_PLAIN,    /* as there is one tag or are many */
  PLAN_VLAN_TAGGED,   /* what comes without a tag gets this one; frames keep it on their way to the guest */
  PLAN_VLAN_UNTAGGED, /* the same, and they lose it */
} PlanVlanMode;

typedef struct {
  guint32 id; /* 1 to 4095 */
  PlanVlanMode mode;
} PlanVlan;

/* Strings are borrowed from the document. */
typedef struct {
  gboolean is_isolated; /* it does not reach other isolated ports of its bridge */
  Place isolated_place;
  GArray *vlans;     /* of PlanVlan; NULL: it is kept to none */
  gboolean is_trunk; /* tags are the guest's to set and see */
  Place vlan_place;
  PlanRate inbound;  /* to the guest */
  PlanRate outbound; /* from it */
  Place bandwidth_place;
  guint32 rx_frames; /* taken together before the guest's side is told; 0: as it is */
  Place coalesce_place;
  gboolean is_openvswitch;  /* its bridge is one of Open vSwitch */
  const char *interface_id; /* of it: a uuid; NULL: there is none */
  const char *profile_id;   /* or NULL */
  Place switch_place;
} PlanPort;
