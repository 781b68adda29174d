// A peer that is real Go Micro v2.9.1: server, client, publisher, subscriber, load generator, registry reader.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"mica.invalid/gomicro/peer"
	"mica.invalid/gomicro/v2peer/pb"

	bhttp "github.com/micro/go-micro/v2/broker/http"
	"github.com/micro/go-micro/v2/client"
	cgrpc "github.com/micro/go-micro/v2/client/grpc"
	"github.com/micro/go-micro/v2/client/mucp"
	"github.com/micro/go-micro/v2/client/selector"
	"github.com/micro/go-micro/v2/metadata"
	"github.com/micro/go-micro/v2/registry"
	"github.com/micro/go-micro/v2/registry/etcd"
	"github.com/micro/go-micro/v2/registry/mdns"
	"github.com/micro/go-micro/v2/registry/memory"
	"github.com/micro/go-micro/v2/server"
	sgrpc "github.com/micro/go-micro/v2/server/grpc"
	smucp "github.com/micro/go-micro/v2/server/mucp"
	"github.com/micro/go-plugins/registry/consul/v2"
)

// Go Micro's names; a memory registry of its own process knows nobody.
var registries = map[string]func(...registry.Option) registry.Registry{
	"none":   memory.NewRegistry,
	"mdns":   mdns.NewRegistry,
	"consul": consul.NewRegistry,
	"etcd":   etcd.NewRegistry,
}

func newRegistry(o peer.Options) registry.Registry {
	make, ok := registries[o.Registry]
	if !ok {
		peer.Fail(2, "no registry %q; there are none, mdns, consul and etcd", o.Registry)
	}
	if o.RegistryAddress == "" {
		return make()
	}
	return make(registry.Addrs(o.RegistryAddress))
}

func newClient(o peer.Options) client.Client {
	r := newRegistry(o)
	options := []client.Option{
		client.Registry(r),
		client.Broker(bhttp.NewBroker()),
		client.Selector(selector.NewSelector(selector.Registry(r))),
		client.RequestTimeout(o.Timeout),
		client.Retries(o.Retries),
	}
	if o.ContentType != "" {
		options = append(options, client.ContentType(o.ContentType))
	}
	if o.Protocol == "grpc" {
		return cgrpc.NewClient(options...)
	}
	return mucp.NewClient(options...)
}

func serve(o peer.Options) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	r := newRegistry(o)
	make := smucp.NewServer
	if o.Protocol == "grpc" {
		make = sgrpc.NewServer
	}
	s := make(
		server.Name(o.Name), server.Address(o.Address), server.Version(o.Version),
		server.Registry(r), server.Broker(bhttp.NewBroker()))
	peer.Must(s.Init())
	peer.Must(pb.RegisterGreeterHandler(s, greeter{}))
	peer.Must(s.Handle(s.NewHandler(&Streamer{})))
	peer.Must(s.Start())
	fmt.Println("READY", s.Options().Address)
	peer.WaitForSignal()
	peer.Must(s.Stop())
}

func callOptions(o peer.Options) []client.CallOption {
	if o.Address == "" {
		return nil
	}
	return []client.CallOption{client.WithAddress(o.Address)}
}

func callContext(o peer.Options) context.Context {
	fields := metadata.Metadata{"Micro-From-Service": "interop.client"}
	for k, v := range o.Metadata {
		fields[k] = v
	}
	return metadata.NewContext(context.Background(), fields)
}

// greeting returns a function that makes one call.
func greeting(o peer.Options) func() (string, error) {
	stub := pb.NewGreeterService(o.Name, newClient(o))
	ctx := callContext(o)
	return func() (string, error) {
		response, err := stub.Hello(ctx, &pb.HelloRequest{Name: o.Who}, callOptions(o)...)
		if err != nil {
			return "", err
		}
		return response.Greeting, nil
	}
}

func main() {
	o := peer.Parse()
	switch o.Mode {
	case "server":
		serve(o)
	case "client":
		hello := greeting(o)
		for i := 0; i < o.Calls; i++ {
			text, err := hello()
			peer.Must(err)
			fmt.Println(text)
		}
	case "stream":
		peer.Must(stream(o))
	case "load":
		hello := greeting(o)
		peer.Load(o.Concurrency, o.Duration, func() error {
			text, err := hello()
			if err == nil && text != "Hello "+o.Who {
				err = fmt.Errorf("wrong answer %q", text)
			}
			return err
		})
	case "subscribe":
		subscribe(o)
	case "publish":
		publish(o)
	case "get":
		services, err := newRegistry(o).GetService(o.Name)
		peer.Must(err)
		text, err := json.Marshal(services)
		peer.Must(err)
		fmt.Println(string(text))
	case "list":
		services, err := newRegistry(o).ListServices()
		peer.Must(err)
		for _, s := range services {
			fmt.Println(s.Name)
		}
	default:
		peer.Fail(2, "unknown mode %q; there are server, client, stream, load, subscribe, publish, get and list", o.Mode)
	}
}
