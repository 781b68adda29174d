// One node of hashicorp/memberlist, driven from standard input.
//
//	memberlist-node -name a -port PORT [-join 127.0.0.1:PORT] [-meta TEXT] [-key TEXT]
//	                [-compress=false]
//
// Commands: members | broadcast TEXT | reliable NAME TEXT | state TEXT (what state
// exchanges carry) | leave. Events and answers are lines: "join NAME", "leave NAME",
// "update NAME META", "message TEXT", "state TEXT", "member NAME STATE", "end".
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

var mutex sync.Mutex

func say(format string, args ...any) {
	mutex.Lock()
	defer mutex.Unlock()
	fmt.Printf(format+"\n", args...)
}

type delegate struct {
	mutex sync.Mutex
	meta  string
	state []byte
	queue *memberlist.TransmitLimitedQueue
}

func (d *delegate) NodeMeta(int) []byte { return []byte(d.meta) }
func (d *delegate) NotifyMsg(b []byte)  { say("message %q", b) }
func (d *delegate) GetBroadcasts(overhead, limit int) [][]byte {
	return d.queue.GetBroadcasts(overhead, limit)
}
func (d *delegate) LocalState(bool) []byte {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.state
}
func (d *delegate) MergeRemoteState(b []byte, join bool) { say("state %s", b) }

type events struct{}

func (events) NotifyJoin(n *memberlist.Node)   { say("join %s", n.Name) }
func (events) NotifyLeave(n *memberlist.Node)  { say("leave %s", n.Name) }
func (events) NotifyUpdate(n *memberlist.Node) { say("update %s %s", n.Name, n.Meta) }

type broadcast []byte

func (b broadcast) Invalidates(memberlist.Broadcast) bool { return false }
func (b broadcast) Message() []byte                       { return b }
func (b broadcast) Finished()                             {}

func main() {
	name := flag.String("name", "node", "")
	port := flag.Int("port", 0, "UDP and TCP, on 127.0.0.1")
	join := flag.String("join", "", "")
	meta := flag.String("meta", "", "")
	key := flag.String("key", "", "AES")
	compress := flag.Bool("compress", true, "")
	flag.Parse()

	d := &delegate{meta: *meta}
	c := memberlist.DefaultLocalConfig()
	c.Name, c.BindAddr, c.BindPort, c.AdvertisePort = *name, "127.0.0.1", *port, *port
	c.Delegate, c.Events, c.LogOutput = d, events{}, io.Discard
	c.EnableCompression = *compress
	if *key != "" {
		c.SecretKey = []byte(*key)
	}
	d.queue = &memberlist.TransmitLimitedQueue{RetransmitMult: 3, NumNodes: func() int { return 3 }}
	m, err := memberlist.Create(c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	say("ready %d", m.LocalNode().Port)
	if *join != "" {
		n, err := m.Join([]string{*join})
		say("joined %d %v", n, err)
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		verb, rest, _ := strings.Cut(in.Text(), " ")
		switch verb {
		case "members":
			for _, n := range m.Members() {
				say("member %s %d", n.Name, n.State)
			}
			say("end")
		case "broadcast":
			d.queue.QueueBroadcast(broadcast(rest))
		case "reliable":
			to, text, _ := strings.Cut(rest, " ")
			for _, n := range m.Members() {
				if n.Name == to {
					say("sent %v", m.SendReliable(n, []byte(text)))
				}
			}
		case "state":
			d.mutex.Lock()
			d.state = []byte(rest)
			d.mutex.Unlock()
			say("end")
		case "leave":
			say("left %v", m.Leave(time.Second))
		}
	}
}
