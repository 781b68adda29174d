module mica.invalid/gomicro/peer

go 1.26
