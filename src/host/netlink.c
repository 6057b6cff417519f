/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/netlink.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* What is sent has a name or two and some numbers; an answer describes one device, with its statistics. */
enum { MESSAGE_MAX = 512, ANSWER_MAX = 32 * 1024 };

typedef struct {
  union {
    struct nlmsghdr header;
    guint8 bytes[MESSAGE_MAX];
  };
} Message;

static void message_init(Message *message, guint16 type, guint16 flags, guint8 family, int index)
{
  struct ifinfomsg *information;

  memset(message, 0, sizeof *message);
  message->header.nlmsg_len = NLMSG_LENGTH(sizeof *information);
  message->header.nlmsg_type = type;
  message->header.nlmsg_flags = (guint16)(NLM_F_REQUEST | flags);
  information = NLMSG_DATA(&message->header);
  information->ifi_family = family;
  information->ifi_index = index;
}

/* Returns where it begins, for nest_end(). */
static gsize add(Message *message, guint16 type, const void *data, gsize length)
{
  gsize start = NLMSG_ALIGN(message->header.nlmsg_len);
  struct rtattr attribute = { .rta_len = (guint16)RTA_LENGTH(length), .rta_type = type };

  g_assert(start + RTA_SPACE(length) <= sizeof message->bytes);
  memcpy(message->bytes + start, &attribute, sizeof attribute);
  if (length > 0)
    memcpy(message->bytes + start + RTA_LENGTH(0), data, length);
  message->header.nlmsg_len = (guint32)(start + RTA_SPACE(length));
  return start;
}

static gsize nest(Message *message, guint16 type)
{
  return add(message, (guint16)(type | NLA_F_NESTED), NULL, 0);
}

static void nest_end(Message *message, gsize start)
{
  guint16 length = (guint16)(message->header.nlmsg_len - start);

  memcpy(message->bytes + start + offsetof(struct rtattr, rta_len), &length, sizeof length);
}

/* Sends it, and receives the first message of the answer. -1 with errno set on failure. */
static ssize_t exchange(const Message *message, void *answer, gsize size)
{
  autofd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  ssize_t got;

  if (fd < 0 || send(fd, message->bytes, message->header.nlmsg_len, 0) < 0)
    return -1;
  do
    got = recv(fd, answer, size, 0);
  while (got < 0 && errno == EINTR);
  return got;
}

/* FALSE with errno set where @answer is a refusal; an acknowledgement is none. */
static gboolean is_good(const struct nlmsghdr *answer, ssize_t length)
{
  struct nlmsgerr result;

  if (length < 0)
    return FALSE;
  if (!NLMSG_OK(answer, (guint32)length)) {
    errno = EPROTO;
    return FALSE;
  }
  if (answer->nlmsg_type != NLMSG_ERROR || answer->nlmsg_len < NLMSG_LENGTH(sizeof result))
    return TRUE;
  memcpy(&result, NLMSG_DATA(answer), sizeof result);
  errno = -result.error;
  return result.error == 0;
}

static gboolean execute(const Message *message)
{
  union {
    struct nlmsghdr header;
    guint8 bytes[4096];
  } answer;

  return is_good(&answer.header, exchange(message, &answer, sizeof answer));
}

/* 0 with errno set where there is none. */
static int index_of(const char *name)
{
  return (int)if_nametoindex(name);
}

gboolean netlink_make_macvtap(const char *name, const char *parent, guint32 mode, const LinkMac *mac)
{
  static const char kind[] = "macvtap";
  guint32 below = (guint32)index_of(parent);
  Message message;
  gsize information, data;

  if (below == 0)
    return FALSE;
  message_init(&message, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, AF_UNSPEC, 0);
  add(&message, IFLA_IFNAME, name, strlen(name) + 1);
  add(&message, IFLA_LINK, &below, sizeof below);
  if (mac)
    add(&message, IFLA_ADDRESS, mac->bytes, sizeof mac->bytes);
  information = nest(&message, IFLA_LINKINFO);
  add(&message, IFLA_INFO_KIND, kind, sizeof kind - 1);
  data = nest(&message, IFLA_INFO_DATA);
  add(&message, IFLA_MACVLAN_MODE, &mode, sizeof mode);
  nest_end(&message, data);
  nest_end(&message, information);
  return execute(&message);
}

gboolean netlink_delete(const char *name)
{
  int index = index_of(name);
  Message message;

  if (index == 0)
    return FALSE;
  message_init(&message, RTM_DELLINK, NLM_F_ACK, AF_UNSPEC, index);
  return execute(&message);
}

gboolean netlink_set_isolated(const char *name, gboolean is_isolated)
{
  int index = index_of(name);
  guint8 value = is_isolated ? 1 : 0;
  Message message;
  gsize port;

  if (index == 0)
    return FALSE;
  message_init(&message, RTM_SETLINK, NLM_F_ACK, AF_BRIDGE, index);
  port = nest(&message, IFLA_PROTINFO);
  add(&message, IFLA_BRPORT_ISOLATED, &value, sizeof value);
  nest_end(&message, port);
  return execute(&message);
}

static gboolean change_vlan(const char *name, guint16 type, guint16 id, guint16 flags)
{
  const struct bridge_vlan_info vlan = { .flags = flags, .vid = id };
  int index = index_of(name);
  Message message;
  gsize specification;

  if (index == 0)
    return FALSE;
  message_init(&message, type, NLM_F_ACK, AF_BRIDGE, index);
  specification = nest(&message, IFLA_AF_SPEC);
  add(&message, IFLA_BRIDGE_VLAN_INFO, &vlan, sizeof vlan);
  nest_end(&message, specification);
  return execute(&message);
}

gboolean netlink_add_vlan(const char *name, guint16 id, guint16 flags)
{
  return change_vlan(name, RTM_SETLINK, id, flags);
}

gboolean netlink_delete_vlan(const char *name, guint16 id)
{
  return change_vlan(name, RTM_DELLINK, id, 0);
}

/* The attribute @type in @length bytes at @bytes; NULL where there is none. */
static const struct rtattr *find(const void *bytes, gsize length, guint16 type)
{
  const struct rtattr *attribute = bytes;
  guint rest = (guint)length;

  while (RTA_OK(attribute, rest)) {
    guint whole = RTA_ALIGN(attribute->rta_len); /* RTA_NEXT() is a cast that clang warns of */

    if ((attribute->rta_type & NLA_TYPE_MASK) == type)
      return attribute;
    if (whole >= rest)
      break;
    attribute = (gconstpointer)((const guint8 *)attribute + whole);
    rest -= whole;
  }
  return NULL;
}

static const struct rtattr *find_in(const struct rtattr *outer, guint16 type)
{
  return outer ? find(RTA_DATA(outer), RTA_PAYLOAD(outer), type) : NULL;
}

gboolean netlink_has_vlans(const char *bridge)
{
  g_autofree struct nlmsghdr *answer = g_malloc0(ANSWER_MAX);
  const struct rtattr *found;
  int index = index_of(bridge);
  Message message;
  ssize_t got;

  if (index == 0)
    return FALSE;
  message_init(&message, RTM_GETLINK, 0, AF_UNSPEC, index);
  got = exchange(&message, answer, ANSWER_MAX);
  if (!is_good(answer, got) || answer->nlmsg_type != RTM_NEWLINK ||
      answer->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
    return FALSE;
  found = find((guint8 *)NLMSG_DATA(answer) + NLMSG_ALIGN(sizeof(struct ifinfomsg)),
               answer->nlmsg_len - NLMSG_LENGTH(sizeof(struct ifinfomsg)), IFLA_LINKINFO);
  found = find_in(find_in(found, IFLA_INFO_DATA), IFLA_BR_VLAN_FILTERING);
  return found && RTA_PAYLOAD(found) >= 1 && *(const guint8 *)RTA_DATA(found);
}
