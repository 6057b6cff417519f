/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading a document touches 3 MB of libraries (libxml2, and ICU and libstdc++ behind it) that supervising
 * does not use. They are clean pages of files, which the kernel could take back, but does not as long as it
 * has memory to spare, and counts them for this process until then. So they are unmapped at once: the next
 * use maps them again from the page cache. Only segments that are never written are treated so; a segment
 * with relocations is private memory by then, and would come back without them.
 */
#include "config.h"

#include "supervise/memory.h"

#include <link.h>
#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif
#include <sys/mman.h>
#include <unistd.h>

static int give_back_segments(struct dl_phdr_info *info, size_t size, void *user_data)
{
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);

  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    size_t start = (info->dlpi_addr + segment->p_vaddr) & ~(page - 1);
    size_t end = (info->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);

    if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
      madvise((void *)start, end - start, MADV_DONTNEED); /* the vdso refuses, and stays */
  }
  return 0;
}

void memory_give_back(void)
{
#ifdef HAVE_MALLOC_TRIM
  malloc_trim(0);
#endif
  dl_iterate_phdr(give_back_segments, NULL);
}
