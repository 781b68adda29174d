// Package peer holds what the Go Micro test programs of both versions share:
// everything that needs no Go Micro.
package peer

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Options are the command line, the same one for both versions.
type Options struct {
	Mode            string // one of those in usage
	Protocol        string // mucp or grpc
	Stream          string // Count, Join or Chat
	StreamTimeout   time.Duration
	Registry        string
	RegistryAddress string
	Name            string
	Address         string
	Version         string
	ContentType     string
	Who             string
	Calls           int
	Timeout         time.Duration
	Retries         int
	Concurrency     int
	Duration        time.Duration
	Metadata        Pairs
	Broker          string
	BrokerAddress   string
	Topic           string
	Queue           string
	Count           bool
	Subscribers     int
	Linger          time.Duration
}

// Pairs is a flag that may be given several times as key=value.
type Pairs map[string]string

func (p Pairs) String() string { return fmt.Sprint(map[string]string(p)) }

// Set adds one key=value.
func (p Pairs) Set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is not key=value", text)
	}
	p[key] = value
	return nil
}

const usage = `usage: %s server|client|stream|load|subscribe|publish|get|list [flags]

server  serves Greeter and Streamer, prints "READY host:port", ends on SIGTERM
client  calls Hello: a greeting a line on stdout, or the error on stderr and status 1
stream  calls a method of Streamer, prints the same
load    calls it from -c callers for -d and prints calls per second and latencies
subscribe  prints "READY host:port", then "EVENT name headers" for each event; with
        -count only "SEEN n in t us" at the end; ends on SIGTERM
publish  publishes -n events named -who (of several -who-0, -who-1, ...)
get     prints the registry's records of the service as JSON
list    prints the names that the registry lists, one a line

`

// Parse reads os.Args; a wrong flag ends the program with status 2.
func Parse() Options {
	o := Options{Metadata: Pairs{}}
	f := flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	f.Usage = func() {
		fmt.Fprintf(os.Stderr, usage, os.Args[0])
		f.PrintDefaults()
	}
	f.StringVar(&o.Registry, "registry", "none", "none, mdns or consul")
	f.StringVar(&o.RegistryAddress, "registry-address", "", "host:port of the registry's agent")
	f.StringVar(&o.Protocol, "protocol", "mucp", "mucp or grpc")
	f.StringVar(&o.Stream, "stream", "Chat", "stream: Count, Join or Chat")
	f.DurationVar(&o.StreamTimeout, "stream-timeout", 0, "stream: deadline of the whole stream; 0: none")
	f.StringVar(&o.Name, "name", "greeter", "name of the service")
	f.StringVar(&o.Address, "address", "", "server: listens here (127.0.0.1:0); client: calls here, asks no registry")
	f.StringVar(&o.Version, "version", "1.2.3", "version of the service")
	f.StringVar(&o.ContentType, "content-type", "", "of the calls; empty: the version's default")
	f.StringVar(&o.Who, "who", "John", "HelloRequest.name; of Count how many greetings")
	f.IntVar(&o.Calls, "n", 1, "calls, one after the other; stream: messages")
	f.DurationVar(&o.Timeout, "timeout", 5*time.Second, "of a call")
	f.IntVar(&o.Retries, "retries", 0, "attempts after the first")
	f.IntVar(&o.Concurrency, "c", 1, "load: callers at a time")
	f.DurationVar(&o.Duration, "d", 5*time.Second, "load: for how long")
	f.StringVar(&o.Broker, "broker", "http", "of subscribe and publish")
	f.StringVar(&o.BrokerAddress, "broker-address", "", "host:port of the broker")
	f.StringVar(&o.Topic, "topic", "events", "of subscribe and publish")
	f.StringVar(&o.Queue, "queue", "", "subscribe: in this queue; empty: every event")
	f.BoolVar(&o.Count, "count", false, "subscribe: counts and does not print; publish: one name for all")
	f.IntVar(&o.Subscribers, "subscribers", 1, "subscribe: how many, each with a broker of its own")
	f.DurationVar(&o.Linger, "linger", time.Second, "publish: how long the broker may go on posting")
	f.Var(o.Metadata, "metadata", "key=value to send along; may be given several times")
	if len(os.Args) < 2 || strings.HasPrefix(os.Args[1], "-") {
		f.Usage()
		os.Exit(2)
	}
	o.Mode = os.Args[1]
	f.Parse(os.Args[2:])
	if o.Protocol != "mucp" && o.Protocol != "grpc" {
		Fail(2, "no protocol %q; there are mucp and grpc", o.Protocol)
	}
	if o.Stream != "Count" && o.Stream != "Join" && o.Stream != "Chat" {
		Fail(2, "no stream %q; there are Count, Join and Chat", o.Stream)
	}
	if f.NArg() > 0 {
		Fail(2, "unexpected argument %q", f.Arg(0))
	}
	return o
}

// Fail prints one line and ends the program.
func Fail(status int, format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(status)
}

// Must ends the program with status 1 unless err is nil.
func Must(err error) {
	if err != nil {
		Fail(1, "%v", err)
	}
}

// WaitForSignal returns on SIGTERM or SIGINT.
func WaitForSignal() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT)
	<-c
}
