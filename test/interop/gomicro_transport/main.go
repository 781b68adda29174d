// Command gomicro-transport serves and calls over Go Micro v2.9.1's transport nats.
//
//	gomicro-transport ADDRESS server SUBJECT
//	gomicro-transport ADDRESS client SUBJECT NAME
//
// The service is Greeter.Hello of examples/greeter. A server prints "ready SUBJECT" and
// ends with SIGTERM. A client prints the greeting, or the
// error on stderr with status 1.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/micro/go-micro/v2/client"
	"github.com/micro/go-micro/v2/client/mucp"
	"github.com/micro/go-micro/v2/errors"
	"github.com/micro/go-micro/v2/registry/memory"
	"github.com/micro/go-micro/v2/server"
	smucp "github.com/micro/go-micro/v2/server/mucp"
	"github.com/micro/go-micro/v2/transport"
	"github.com/micro/go-plugins/transport/nats/v2"
)

// The messages of examples/greeter/greeter.proto, as golang/protobuf reads them.
type HelloRequest struct {
	Name string `protobuf:"bytes,1,opt,name=name,proto3"`
}

type HelloResponse struct {
	Greeting string `protobuf:"bytes,2,opt,name=greeting,proto3"`
}

func (x *HelloRequest) Reset()          { *x = HelloRequest{} }
func (x *HelloRequest) String() string  { return x.Name }
func (*HelloRequest) ProtoMessage()     {}
func (x *HelloResponse) Reset()         { *x = HelloResponse{} }
func (x *HelloResponse) String() string { return x.Greeting }
func (*HelloResponse) ProtoMessage()    {}

type Greeter struct{}

func (Greeter) Hello(_ context.Context, in *HelloRequest, out *HelloResponse) error {
	if in.Name == "fail" {
		return errors.BadRequest("greeter", "name fail refused")
	}
	out.Greeting = "Hello " + in.Name
	return nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(via transport.Transport, subject string) {
	s := smucp.NewServer(server.Name("greeter"), server.Transport(via),
		server.Registry(memory.NewRegistry()), server.Address(subject))
	must(s.Handle(s.NewHandler(new(Greeter))))
	must(s.Start())
	fmt.Println("ready", s.Options().Address)
	select {}
}

func call(via transport.Transport, subject, name string) {
	c := mucp.NewClient(client.Transport(via), client.Registry(memory.NewRegistry()),
		client.RequestTimeout(10*time.Second), client.Retries(0))
	in, out := &HelloRequest{Name: name}, &HelloResponse{}
	request := c.NewRequest("greeter", "Greeter.Hello", in,
		client.WithContentType("application/protobuf"))
	// Twice: the second goes over the connection of the first.
	for i := 0; i < 2; i++ {
		must(c.Call(context.Background(), request, out, client.WithAddress(subject)))
		fmt.Println(out.Greeting)
	}
}

func main() {
	if len(os.Args) < 4 {
		must(fmt.Errorf("usage: ADDRESS server SUBJECT | client SUBJECT NAME"))
	}
	via := nats.NewTransport(transport.Addrs("nats://" + os.Args[1]))
	must(via.Init())
	if os.Args[2] == "server" {
		serve(via, os.Args[3])
	} else {
		call(via, os.Args[3], os.Args[4])
	}
}
