// memberlist's own nodes on a network that loses datagrams, in virtual time: how often
// are the living taken for dead? The schedule is that of test/bench/gossip_sim.cpp.
//
//	go test -run FalsePositives -v . -members 100 -loss 25 -seconds 600 -runs 3
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/memberlist"
)

var (
	simMembers = flag.Int("members", 100, "")
	simLoss    = flag.Float64("loss", 25, "percent of datagrams")
	simSeconds = flag.Int("seconds", 600, "virtual")
	simRuns    = flag.Int("runs", 1, "")
)

type simNetwork struct {
	mutex sync.Mutex
	nodes map[string]*simTransport
	loss  float64
	sent  int
}

type simTransport struct {
	net     *simNetwork
	addr    *net.UDPAddr
	packets chan *memberlist.Packet
	streams chan net.Conn
	stop    chan struct{}
}

func (n *simNetwork) add(i int) *simTransport {
	t := &simTransport{
		net:     n,
		addr:    &net.UDPAddr{IP: net.IPv4(10, 0, byte(i/250), byte(1+i%250)), Port: 7946},
		packets: make(chan *memberlist.Packet, 256),
		streams: make(chan net.Conn, 16),
		stop:    make(chan struct{}),
	}
	n.nodes[t.addr.String()] = t
	return t
}

func (t *simTransport) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return t.addr.IP.To4(), t.addr.Port, nil
}

func (t *simTransport) WriteTo(b []byte, addr string) (time.Time, error) {
	now := time.Now()
	t.net.mutex.Lock()
	to := t.net.nodes[addr]
	t.net.sent++
	t.net.mutex.Unlock()
	if to == nil || rand.Float64() < t.net.loss {
		return now, nil
	}
	copied := append([]byte(nil), b...)
	time.AfterFunc(500*time.Microsecond+time.Duration(rand.Int63n(int64(time.Millisecond))), func() {
		select {
		case to.packets <- &memberlist.Packet{Buf: copied, From: t.addr, Timestamp: time.Now()}:
		case <-to.stop:
		}
	})
	return now, nil
}

func (t *simTransport) PacketCh() <-chan *memberlist.Packet { return t.packets }
func (t *simTransport) StreamCh() <-chan net.Conn           { return t.streams }
func (t *simTransport) Shutdown() error                     { close(t.stop); return nil }

func (t *simTransport) DialTimeout(addr string, d time.Duration) (net.Conn, error) {
	t.net.mutex.Lock()
	to := t.net.nodes[addr]
	t.net.mutex.Unlock()
	if to == nil {
		return nil, fmt.Errorf("nobody at %s", addr)
	}
	here, there := net.Pipe()
	select {
	case to.streams <- there:
		return here, nil
	case <-to.stop:
		return nil, fmt.Errorf("%s has ended", addr)
	}
}

type deaths struct {
	mutex *sync.Mutex
	found map[string]int
	count *int
	on    *bool
	start time.Time
}

func (d deaths) NotifyJoin(*memberlist.Node)   {}
func (d deaths) NotifyUpdate(*memberlist.Node) {}
func (d deaths) NotifyLeave(n *memberlist.Node) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if *d.on {
		*d.count++
		d.found[fmt.Sprintf("%s %d", n.Name, time.Since(d.start)/(5*time.Second))]++
	}
}

func simulate(streamProbes bool) (noticed, members int, perSecond float64) {
	network := &simNetwork{nodes: map[string]*simTransport{}, loss: *simLoss / 100}
	var mutex sync.Mutex
	on := false
	seen := deaths{&mutex, map[string]int{}, &noticed, &on, time.Now()}
	var all []*memberlist.Memberlist
	for i := 0; i < *simMembers; i++ {
		c := memberlist.DefaultLANConfig()
		c.Name = fmt.Sprintf("member-%d", i)
		c.Transport = network.add(i)
		c.GossipInterval = 100 * time.Millisecond
		c.EnableCompression = false
		c.ProtocolVersion = 4
		c.DisableTcpPings = !streamProbes
		c.LogOutput = io.Discard
		c.Events = seen
		m, err := memberlist.Create(c)
		if err != nil {
			panic(err)
		}
		if i > 0 {
			if _, err := m.Join([]string{"10.0.0.1:7946"}); err != nil {
				panic(err)
			}
		}
		all = append(all, m)
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(20 * time.Second)
	network.mutex.Lock()
	network.sent = 0
	network.mutex.Unlock()
	mutex.Lock()
	on = true
	mutex.Unlock()
	time.Sleep(time.Duration(*simSeconds) * time.Second)
	mutex.Lock()
	on = false
	members = len(seen.found)
	mutex.Unlock()
	perSecond = float64(network.sent) / float64(*simMembers) / float64(*simSeconds)
	for _, m := range all {
		m.Shutdown()
	}
	// What is under way ends.
	time.Sleep(time.Minute)
	return
}

func TestFalsePositives(t *testing.T) {
	for _, streams := range []bool{true, false} {
		noticed, members, perSecond := 0, 0, 0.0
		for run := 0; run < *simRuns; run++ {
			synctest.Test(t, func(t *testing.T) {
				n, m, p := simulate(streams)
				noticed, members, perSecond = noticed+n, members+m, perSecond+p
			})
		}
		fmt.Printf("false-positives memberlist members=%d loss=%g%% seconds=%d runs=%d stream-probes=%v\n",
			*simMembers, *simLoss, *simSeconds, *simRuns, streams)
		fmt.Printf("  noticed=%d members=%d datagrams-per-member-and-second=%.1f\n",
			noticed, members, perSecond/float64(*simRuns))
	}
}
