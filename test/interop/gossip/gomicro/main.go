// A process whose registry is Go Micro v1.18's gossip registry (go-plugins v1.5.1),
// driven from standard input.
//
//	gomicro-gossip -address 127.0.0.1:PORT [-seeds 127.0.0.1:PORT,..] [-secret KEY]
//
// Commands: register NAME ID ADDRESS TTL [ENDPOINTS] | deregister NAME ID ADDRESS |
// get NAME | list. Answers are one line each: "ok", "error TEXT", or JSON for get (a
// list of services, null if unknown) and list (names).
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/micro/go-micro/registry"
	"github.com/micro/go-plugins/registry/gossip"
)

func say(format string, args ...interface{}) {
	fmt.Printf(format+"\n", args...)
}

func service(name, id, address string, endpoints int) *registry.Service {
	s := &registry.Service{
		Name:    name,
		Version: "latest",
		Nodes: []*registry.Node{{
			Id: id, Address: address, Metadata: map[string]string{"protocol": "mucp"},
		}},
	}
	for i := 0; i < endpoints; i++ {
		s.Endpoints = append(s.Endpoints, &registry.Endpoint{
			Name:     fmt.Sprintf("Large.Method%d", i),
			Request:  &registry.Value{Name: "Request", Type: "Request"},
			Response: &registry.Value{Name: "Response", Type: "Response"},
			Metadata: map[string]string{},
		})
	}
	return s
}

func answer(err error) {
	if err != nil {
		say("error %v", err)
	} else {
		say("ok")
	}
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "to bind and to advertise")
	seeds := flag.String("seeds", "", "members to join")
	secret := flag.String("secret", "", "AES key; default means Go Micro's own")
	flag.Parse()

	options := []registry.Option{gossip.Address(*address), gossip.Advertise(*address)}
	if *seeds != "" {
		options = append(options, registry.Addrs(strings.Split(*seeds, ",")...))
	}
	if *secret != "" {
		options = append(options, registry.Secure(true))
		if *secret != "default" {
			options = append(options, gossip.Secret([]byte(*secret)))
		}
	}
	r := gossip.NewRegistry(options...)
	say("ready")

	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		word := strings.Fields(in.Text())
		switch word[0] {
		case "register":
			ttl, _ := time.ParseDuration(word[4])
			endpoints := 0
			if len(word) > 5 {
				endpoints, _ = strconv.Atoi(word[5])
			}
			answer(r.Register(service(word[1], word[2], word[3], endpoints), registry.RegisterTTL(ttl)))
		case "deregister":
			answer(r.Deregister(service(word[1], word[2], word[3], 0)))
		case "get":
			found, err := r.GetService(word[1])
			if err != nil && err != registry.ErrNotFound {
				answer(err)
				continue
			}
			text, _ := json.Marshal(found)
			say("%s", text)
		case "list":
			all, _ := r.ListServices()
			names := []string{}
			for _, s := range all {
				names = append(names, s.Name)
			}
			sort.Strings(names)
			text, _ := json.Marshal(names)
			say("%s", text)
		}
	}
}
