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
 *     w  let the watchdog run out, if there is an ib700
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
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $0x7c00, %sp
        cld

        /* The UART interrupts when a byte is there; that only ends a halt. */
        movw    $AT(wake), VECTOR_COM1 * 4
        mov     %ax, VECTOR_COM1 * 4 + 2
        in      $PIC1_MASK, %al
        and     $0xef, %al
        out     %al, $PIC1_MASK
        mov     $COM1_MCR, %dx
        mov     $0x0b, %al
        out     %al, %dx
        mov     $COM1_IER, %dx
        mov     $1, %al
        out     %al, %dx

        /* QEMU drops the power button unless this bit is set. */
        mov     $PM1_ENABLE, %dx
        mov     $0x100, %ax
        out     %ax, %dx

        mov     $CMOS_BOOTS, %al
        out     %al, $0x70
        in      $0x71, %al
        inc     %al
        out     %al, $0x71
        push    %ax
        mov     $AT(hello), %si
        call    print
        pop     %ax
        movzbl  %al, %eax
        call    print_number
        mov     $AT(newline), %si
        call    print

next:
        call    read
        mov     $AT(commands), %si
1:      cmp     (%si), %al
        je      2f
        add     $3, %si
        cmp     $AT(commands_end), %si
        jb      1b
        jmp     next
2:      pushw   $AT(next)
        jmpw    *1(%si)

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
        .byte   'w'
        .word   AT(run_out)
        .byte   'n'
        .word   AT(print_bytes)
commands_end:

power_off:
        mov     $PM1_CONTROL, %dx
        mov     $0x2000, %ax
        out     %ax, %dx
        ret

reset:
        mov     $0xcf9, %dx
        mov     $6, %al
        out     %al, %dx
        ret

panic:
        mov     $0x505, %dx
        mov     $1, %al
        out     %al, %dx
        ret

triple_fault:
        lidt    AT(no_idt)
        int3

hang:
        cli
        hlt
        jmp     hang

ignore_button:
        mov     $PM1_ENABLE, %dx
        xor     %ax, %ax
        out     %ax, %dx
        ret

run_out:
        mov     $0x443, %dx
        mov     $15, %al        /* of the times that it has, none */
        out     %al, %dx
        ret

print_bytes:
        xor     %ebx, %ebx
1:      call    read
        sub     $'0', %al
        cmp     $9, %al
        ja      2f
        movzbl  %al, %eax
        imul    $10, %ebx, %ebx
        add     %eax, %ebx
        jmp     1b
2:      mov     $' ', %al
3:      test    %ebx, %ebx
        jz      4f
        call    write
        inc     %al
        cmp     $(' ' + 95), %al
        jb      5f
        mov     $' ', %al
5:      dec     %ebx
        jmp     3b
4:      mov     $AT(newline), %si
        jmp     print

/* Prints EAX in decimal. */
print_number:
        xor     %edx, %edx
        mov     $10, %ecx
        div     %ecx
        push    %dx
        test    %eax, %eax
        jz      1f
        call    print_number
1:      pop     %ax
        add     $'0', %al
        jmp     write

/* Prints the string at SI. */
print:
        lodsb
        test    %al, %al
        jz      1f
        call    write
        jmp     print
1:      ret

/* Writes AL. */
write:
        push    %ax
        mov     $COM1_LSR, %dx
1:      in      %dx, %al
        test    $0x20, %al
        jz      1b
        mov     $COM1_DATA, %dx
        pop     %ax
        out     %al, %dx
        ret

/* Reads a byte into AL; sees to the power button while it waits. */
read:
        cli
        mov     $COM1_LSR, %dx
        in      %dx, %al
        test    $1, %al
        jnz     2f
        mov     $PM1_STATUS, %dx
        in      %dx, %ax
        cmp     $0xffff, %ax
        je      1f
        test    $1, %ah
        jnz     button
1:      sti
        hlt
        jmp     read
2:      mov     $COM1_DATA, %dx
        in      %dx, %al
        ret

button:
        mov     $0x100, %ax
        out     %ax, %dx
        mov     $AT(power_button), %si
        call    print
        call    power_off
        jmp     read

wake:
        push    %ax
        mov     $0x20, %al
        out     %al, $PIC1_COMMAND
        pop     %ax
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
