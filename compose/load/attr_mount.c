/* services.*.volumes[] and services.*.ports[]. */
#include "compose/load/attr.h"
#include "compose/load/words.h"

static const char *const recursive_words[] = { "enabled", "disabled", "writable", "readonly", NULL };
static const char *const selinux_words[] = { "z", "Z", NULL };
static const char *const type_words[] = { "bind",  "volume",  "tmpfs", "cluster",
					  "npipe", "image", NULL };

static const struct attr bind_rows[] = {
	{ "selinux", KIND_STR, STR, .words = selinux_words, .acts = VALIDATED,
	  .doc = "Relabel for sharing (z) or for one container (Z) where SELinux runs." },
	{ "propagation", KIND_STR, STR, .acts = ACTS, .dflt = "rprivate",
	  .doc = "Mount propagation." },
	{ "create_host_path", KIND_BOOL, BOOL | STR, .flags = ATTR_OMIT_TRUE | ATTR_INJECT,
	  .acts = ACTS, .dflt = "true", .doc = "Make the source directory when it is missing." },
	{ "recursive", KIND_STR, STR, .words = recursive_words, .acts = ACTS, .dflt = "enabled",
	  .doc = "Whether mounts below the source come along, and whether read-only holds for them." },
};
static const struct attr_set bind_set = { ATTR_SET_OF("services.*.volumes[].bind", bind_rows), .injects = true };

static const struct attr volume_rows[] = {
	{ "labels", KIND_PAIRS, LIST | MAP, .merge = MERGE_SEQUENCE, .flags = ATTR_EMPTY_NULL | ATTR_SET,
	  .item = &attr_item_str, .members = &attr_set_pairs, .acts = ACTS,
	  .doc = "Labels of an anonymous volume." },
	{ "nocopy", KIND_BOOL, BOOL | STR, .cast = CAST_BOOL, .acts = ACTS, .dflt = "false",
	  .doc = "Do not fill a new volume from the image." },
	{ "subpath", KIND_STR, STR, .acts = ACTS, .doc = "Directory in the volume to mount." },
};
static const struct attr_set volume_set = { ATTR_SET_OF("services.*.volumes[].volume",
							volume_rows) };

static const struct attr tmpfs_rows[] = {
	{ "size", KIND_BYTES, INT | STR, .min = "0", .acts = ACTS, .doc = "Largest size." },
	{ "mode", KIND_MODE, NUM | STR, .acts = ACTS, .dflt = "1777",
	  .doc = "Permissions of the mount point; text is read as octal." },
};
static const struct attr_set tmpfs_set = { ATTR_SET_OF("services.*.volumes[].tmpfs", tmpfs_rows) };

static const struct attr image_rows[] = {
	{ "subpath", KIND_STR, STR, .acts = ACTS, .doc = "Directory in the image to mount." },
};
static const struct attr_set image_set = { ATTR_SET_OF("services.*.volumes[].image", image_rows) };

static const struct attr mount_rows[] = {
	{ "type", KIND_STR, STR, .flags = ATTR_REQUIRED, .words = type_words, .acts = ACTS,
	  .doc = "bind, volume, tmpfs or image; npipe and cluster do not exist on one Linux host." },
	{ "source", KIND_STR, STR, .acts = ACTS,
	  .doc = "Host path, name of a top-level volume, or image reference." },
	{ "target", KIND_STR, STR, .acts = ACTS, .doc = "Path in the container." },
	{ "read_only", KIND_BOOL, BOOL | STR, .cast = CAST_BOOL, .acts = ACTS, .dflt = "false",
	  .doc = "Mount read-only." },
	{ "consistency", KIND_STR, STR, .acts = VALIDATED, .doc = "Without effect on Linux." },
	{ "bind", KIND_OBJECT, MAP, .members = &bind_set, .acts = ACTS,
	  .doc = "Options of a bind mount." },
	{ "volume", KIND_OBJECT, MAP, .members = &volume_set, .acts = ACTS,
	  .doc = "Options of a volume mount." },
	{ "tmpfs", KIND_OBJECT, MAP, .members = &tmpfs_set, .acts = ACTS,
	  .doc = "Options of a tmpfs mount." },
	{ "image", KIND_OBJECT, MAP, .members = &image_set, .acts = ACTS,
	  .doc = "Options of an image mount." },
};
const struct attr_set attr_set_mount = { ATTR_SET_OF("services.*.volumes[]", mount_rows) };

static const struct attr port_rows[] = {
	{ "name", KIND_STR, STR, .acts = VALIDATED, .doc = "A word for people." },
	{ "mode", KIND_STR, STR, .flags = ATTR_INJECT, .acts = VALIDATED, .dflt = "ingress",
	  .doc = "host or ingress: the same on one host." },
	{ "host_ip", KIND_STR, STR, .acts = ACTS, .dflt = "all addresses",
	  .doc = "Host address to listen on." },
	{ "target", KIND_INT, INT | STR, .cast = CAST_INT, .flags = ATTR_KEEP_ZERO, .acts = ACTS,
	  .min = "1", .max = "65535", .doc = "Port in the container." },
	{ "published", KIND_TEXT, INT | STR, .check = check_published, .acts = ACTS, .dflt = "chosen by the kernel",
	  .doc = "Host port, or a range to choose from." },
	{ "protocol", KIND_STR, STR, .flags = ATTR_INJECT, .acts = ACTS, .dflt = "tcp",
	  .doc = "tcp, udp or sctp." },
	{ "app_protocol", KIND_STR, STR, .acts = VALIDATED, .doc = "What is spoken there." },
};
const struct attr_set attr_set_port = { ATTR_SET_OF("services.*.ports[]", port_rows), .injects = true };
