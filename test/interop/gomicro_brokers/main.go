// Command gomicro-brokers publishes and subscribes by Go Micro v2.9.1's own brokers.
//
//	gomicro-brokers nats|kafka ADDRESS publish TOPIC COUNT
//	gomicro-brokers nats|kafka ADDRESS subscribe TOPIC QUEUE COUNT
//
// A subscriber prints "ready", then one line for each event, and ends after COUNT of
// them: its body and the header X-Number. A publisher sends "go N" with X-Number N.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/micro/go-micro/v2/broker"
	"github.com/micro/go-micro/v2/broker/nats"
	"github.com/micro/go-plugins/broker/kafka/v2"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "gomicro-brokers:", err)
	os.Exit(1)
}

func must(err error) {
	if err != nil {
		fail(err)
	}
}

func makeBroker(name, address string) broker.Broker {
	switch name {
	case "nats":
		return nats.NewBroker(broker.Addrs("nats://" + address))
	case "kafka":
		return kafka.NewBroker(broker.Addrs(address))
	}
	fail(fmt.Errorf("no broker %q", name))
	return nil
}

func publish(b broker.Broker, topic string, count int) {
	for i := 0; i < count; i++ {
		must(b.Publish(topic, &broker.Message{
			Header: map[string]string{
				"Content-Type": "application/octet-stream",
				"Micro-Topic":  topic,
				"X-Number":     strconv.Itoa(i),
			},
			Body: []byte("go " + strconv.Itoa(i)),
		}))
	}
}

func subscribe(b broker.Broker, topic, queue string, count int) {
	got := make(chan string, count)
	handler := func(e broker.Event) error {
		m := e.Message()
		got <- string(m.Body) + " " + m.Header["X-Number"]
		return nil
	}
	options := []broker.SubscribeOption{}
	if queue != "" {
		options = append(options, broker.Queue(queue))
	}
	_, err := b.Subscribe(topic, handler, options...)
	must(err)
	fmt.Println("ready")
	for i := 0; i < count; i++ {
		select {
		case line := <-got:
			fmt.Println(line)
		case <-time.After(30 * time.Second):
			fail(fmt.Errorf("%d of %d events after 30 s", i, count))
		}
	}
}

func main() {
	if len(os.Args) < 6 {
		fail(fmt.Errorf("usage: NAME ADDRESS publish TOPIC COUNT | subscribe TOPIC QUEUE COUNT"))
	}
	b := makeBroker(os.Args[1], os.Args[2])
	must(b.Init())
	must(b.Connect())
	topic := os.Args[4]
	count, err := strconv.Atoi(os.Args[len(os.Args)-1])
	must(err)
	if os.Args[3] == "publish" {
		publish(b, topic, count)
	} else {
		subscribe(b, topic, os.Args[5], count)
	}
	must(b.Disconnect())
}
