package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"mica.invalid/gomicro/peer"
	"mica.invalid/gomicro/v2peer/pb"

	"github.com/micro/go-micro/v2/broker"
	bhttp "github.com/micro/go-micro/v2/broker/http"
	"github.com/micro/go-micro/v2/client"
	"github.com/micro/go-micro/v2/client/mucp"
	"github.com/micro/go-micro/v2/client/selector"
	"github.com/micro/go-micro/v2/metadata"
	"github.com/micro/go-micro/v2/registry"
	"github.com/micro/go-micro/v2/server"
	smucp "github.com/micro/go-micro/v2/server/mucp"
)

// Go Micro's names.
var brokers = map[string]func(...broker.Option) broker.Broker{
	"http": bhttp.NewBroker,
}

func newBroker(o peer.Options, r registry.Registry) broker.Broker {
	make, ok := brokers[o.Broker]
	if !ok {
		peer.Fail(2, "no broker %q", o.Broker)
	}
	options := []broker.Option{broker.Registry(r)}
	if o.BrokerAddress != "" {
		options = append(options, broker.Addrs(o.BrokerAddress))
	}
	return make(options...)
}

// subscribe prints each event's name and headers, or counts them for -count. Each of
// -subscribers has a broker of its own: in Go Micro those of one broker and topic are one.
func subscribe(o peer.Options) {
	r := newRegistry(o)
	var seen, first, last int64
	handle := func(ctx context.Context, m *pb.HelloRequest) error {
		if o.Count {
			now := time.Now().UnixNano()
			if atomic.AddInt64(&seen, 1) == 1 {
				atomic.StoreInt64(&first, now)
			}
			atomic.StoreInt64(&last, now)
			return nil
		}
		fields, _ := metadata.FromContext(ctx)
		text, _ := json.Marshal(fields)
		fmt.Println("EVENT", m.Name, string(text))
		return nil
	}
	var options []server.SubscriberOption
	if o.Queue != "" {
		options = append(options, server.SubscriberQueue(o.Queue))
	}
	var all []server.Server
	for i := 0; i < o.Subscribers; i++ {
		s := smucp.NewServer(server.Name(o.Name), server.Address("127.0.0.1:0"),
			server.Registry(r), server.Broker(newBroker(o, r)))
		peer.Must(s.Init())
		peer.Must(s.Subscribe(s.NewSubscriber(o.Topic, handle, options...)))
		peer.Must(s.Start())
		all = append(all, s)
	}
	fmt.Println("READY", all[len(all)-1].Options().Broker.Address())
	peer.WaitForSignal()
	for _, s := range all {
		peer.Must(s.Stop())
	}
	fmt.Printf("SEEN %d in %d us\n", seen, (last-first)/1000)
}

// publish sends -n events, one after the other, as fast as the broker takes them.
func publish(o peer.Options) {
	r := newRegistry(o)
	b := newBroker(o, r)
	peer.Must(b.Init())
	peer.Must(b.Connect())
	options := []client.Option{client.Registry(r), client.Broker(b),
		client.Selector(selector.NewSelector(selector.Registry(r)))}
	if o.ContentType != "" {
		options = append(options, client.ContentType(o.ContentType))
	}
	c := mucp.NewClient(options...)
	ctx := callContext(o)
	start := time.Now()
	refused := 0
	for i := 0; i < o.Calls; i++ {
		name := o.Who
		if o.Calls > 1 && !o.Count {
			name = fmt.Sprint(o.Who, "-", i)
		}
		if err := c.Publish(ctx, c.NewMessage(o.Topic, &pb.HelloRequest{Name: name})); err != nil {
			refused++
		}
	}
	fmt.Printf("PUBLISHED %d refused %d in %d us\n", o.Calls, refused, time.Since(start).Microseconds())
	// The broker posts in the background.
	time.Sleep(o.Linger)
	peer.Must(b.Disconnect())
}
