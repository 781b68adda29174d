module mica.invalid/bench/gohttp

go 1.19
