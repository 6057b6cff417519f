/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in guest: one boot sector that talks on COM1, for the demo and for the system tests.
 *
 * It says "hello from domrun, boot N": N is 1 in a new QEMU and one more after each reset, since it is kept in a
 * byte of CMOS RAM that nothing else uses and no reset touches. Then it obeys one letter at a time:
 *
 *     p  power off, by ACPI            r  reset, through port 0xcf9
 *     c  panic, if there is pvpanic    t  triple fault
 *     h  hang with interrupts off      i  ignore the power button from here on
 *     n  prints as many bytes as the decimal number that follows it, up to a newline: byte K is ' ' + K % 95,
 *        and then CR LF
 *
 * Other characters mean nothing. The power button makes it say "power button" and power off.
 *
 * Input that comes before it is ready waits in QEMU, one byte of it in the UART: its FIFO is never switched on,
 * since that would clear it. Waiting costs no processor: the guest halts until the UART or the BIOS's clock (18
 * times a second, which is also how soon it sees the power button) interrupts it. PIIX4 and ICH9 have their ACPI
 * registers at 0x600, where SeaBIOS puts them; without ACPI those ports read as ones, and nothing can power off.
 */
        .intel_syntax noprefix
        .code16
        .text

#define AT(label) (label - start + 0x7c00)

#define COM1_DATA 0x3f8
#define COM1_IER 0x3f9
#define COM1_MCR 0x3fc
#define COM1_LSR 0x3fd
#define PM1_STATUS 0x600
#define PM1_ENABLE 0x602
#define PM1_CONTROL 0x604
#define CMOS_BOOTS 0x7e
#define PIC1_COMMAND 0x20
#define PIC1_MASK 0x21
#define VECTOR_COM1 0x0c

start:
        cli
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7c00
        cld

        /* The UART interrupts when a byte is there; that only ends a halt. */
        mov     word ptr ds:[VECTOR_COM1 * 4], offset AT(wake)
        mov     ds:[VECTOR_COM1 * 4 + 2], ax
        in      al, PIC1_MASK
        and     al, 0xef
        out     PIC1_MASK, al
        mov     dx, COM1_MCR
        mov     al, 0x0b
        out     dx, al
        mov     dx, COM1_IER
        mov     al, 1
        out     dx, al

        /* QEMU drops the power button unless this bit is set. */
        mov     dx, PM1_ENABLE
        mov     ax, 0x100
        out     dx, ax

        mov     al, CMOS_BOOTS
        out     0x70, al
        in      al, 0x71
        inc     al
        out     0x71, al
        push    ax
        mov     si, offset AT(hello)
        call    print
        pop     ax
        movzx   eax, al
        call    print_number
        mov     si, offset AT(newline)
        call    print

next:
        call    read
        mov     si, offset AT(commands)
1:      cmp     al, [si]
        je      2f
        add     si, 3
        cmp     si, offset AT(commands_end)
        jb      1b
        jmp     next
2:      push    offset AT(next)
        jmp     [si + 1]

commands:
        .byte   'p'
        .word   AT(power_off)
        .byte   'r'
        .word   AT(reset)
        .byte   'c'
        .word   AT(panic)
        .byte   't'
        .word   AT(triple_fault)
        .byte   'h'
        .word   AT(hang)
        .byte   'i'
        .word   AT(ignore_button)
        .byte   'n'
        .word   AT(print_bytes)
commands_end:

power_off:
        mov     dx, PM1_CONTROL
        mov     ax, 0x2000
        out     dx, ax
        ret

reset:
        mov     dx, 0xcf9
        mov     al, 6
        out     dx, al
        ret

panic:
        mov     dx, 0x505
        mov     al, 1
        out     dx, al
        ret

triple_fault:
        lidt    ds:[AT(no_idt)]
        int3

hang:
        cli
        hlt
        jmp     hang

ignore_button:
        mov     dx, PM1_ENABLE
        xor     ax, ax
        out     dx, ax
        ret

print_bytes:
        xor     ebx, ebx
1:      call    read
        sub     al, '0'
        cmp     al, 9
        ja      2f
        movzx   eax, al
        imul    ebx, ebx, 10
        add     ebx, eax
        jmp     1b
2:      mov     al, ' '
3:      test    ebx, ebx
        jz      4f
        call    write
        inc     al
        cmp     al, ' ' + 95
        jb      5f
        mov     al, ' '
5:      dec     ebx
        jmp     3b
4:      mov     si, offset AT(newline)
        jmp     print

/* Prints EAX in decimal. */
print_number:
        xor     edx, edx
        mov     ecx, 10
        div     ecx
        push    dx
        test    eax, eax
        jz      1f
        call    print_number
1:      pop     ax
        add     al, '0'
        jmp     write

/* Prints the string at SI. */
print:
        lodsb
        test    al, al
        jz      1f
        call    write
        jmp     print
1:      ret

/* Writes AL. */
write:
        push    ax
        mov     dx, COM1_LSR
1:      in      al, dx
        test    al, 0x20
        jz      1b
        mov     dx, COM1_DATA
        pop     ax
        out     dx, al
        ret

/* Reads a byte into AL; sees to the power button while it waits. */
read:
        cli
        mov     dx, COM1_LSR
        in      al, dx
        test    al, 1
        jnz     2f
        mov     dx, PM1_STATUS
        in      ax, dx
        cmp     ax, 0xffff
        je      1f
        test    ah, 1
        jnz     button
1:      sti
        hlt
        jmp     read
2:      mov     dx, COM1_DATA
        in      al, dx
        ret

button:
        mov     ax, 0x100
        out     dx, ax
        mov     si, offset AT(power_button)
        call    print
        call    power_off
        jmp     read

wake:
        push    ax
        mov     al, 0x20
        out     PIC1_COMMAND, al
        pop     ax
        iret

hello:
        .asciz  "hello from domrun, boot "
power_button:
        .ascii  "power button"
newline:
        .asciz  "\r\n"
no_idt:
        .zero   6

        .org    510
        .word   0xaa55
