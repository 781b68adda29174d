// The net/http server of the benchmark: reads the body, answers what bench-server
// answers.
//
//	gohttp HOST:PORT
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gohttp HOST:PORT")
		os.Exit(2)
	}
	body := []byte("\x0a\x0aHello John")
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/protobuf")
		w.Header().Set("Micro-Id", r.Header.Get("Micro-Id"))
		_, _ = w.Write(body)
	})
	l, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gohttp:", err)
		os.Exit(1)
	}
	fmt.Println("Listening on", l.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(l, handler))
}
