package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"mica.invalid/gomicro/peer"
	"mica.invalid/gomicro/v1peer/pb"

	merrors "github.com/micro/go-micro/errors"
	"github.com/micro/go-micro/server"
)

// Streamer is ../streamer.proto's service: what protoc-gen-micro's code would do, on
// the interfaces below it.
type Streamer struct{}

// answer sends one greeting, or refuses the names that greeter does.
func answer(s server.Stream, name string) error {
	switch name {
	case "fail":
		return merrors.BadRequest("streamer", "name %s refused", name)
	case "sleep":
		select {
		case <-s.Context().Done():
			return s.Context().Err()
		case <-time.After(3 * time.Second):
		}
	}
	return s.Send(&pb.HelloResponse{Greeting: "Hello " + name})
}

// Count greets as many names as it is told.
func (*Streamer) Count(_ context.Context, s server.Stream) error {
	var in pb.HelloRequest
	if err := s.Recv(&in); err != nil {
		return err
	}
	n, err := strconv.Atoi(in.Name)
	if err != nil {
		return answer(s, in.Name)
	}
	for i := 1; i <= n; i++ {
		if err := answer(s, fmt.Sprint(i)); err != nil {
			return err
		}
		// v2.9.1's mucp server encodes into the buffer of a message that waits to be
		// written and offers no way to learn when it was: 10 ms were too short once.
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// Join greets everybody at once, at the end of the stream or after the name "end".
func (*Streamer) Join(_ context.Context, s server.Stream) error {
	var names []string
	for {
		var in pb.HelloRequest
		err := s.Recv(&in)
		if err == io.EOF || in.Name == "end" {
			return answer(s, strings.Join(names, " "))
		}
		if err != nil {
			return err
		}
		if in.Name == "fail" {
			return answer(s, in.Name)
		}
		names = append(names, in.Name)
	}
}

// Chat greets each name as it comes.
func (*Streamer) Chat(_ context.Context, s server.Stream) error {
	for {
		var in pb.HelloRequest
		err := s.Recv(&in)
		if err == io.EOF || in.Name == "end" {
			return nil
		}
		if err != nil {
			return err
		}
		if err := answer(s, in.Name); err != nil {
			return err
		}
	}
}

// stream makes one call of the method -stream, prints each greeting on a line of its own.
func stream(o peer.Options) error {
	c := newClient(o)
	ctx := callContext(o)
	if o.StreamTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.StreamTimeout)
		defer cancel()
	}
	s, err := c.Stream(ctx, c.NewRequest(o.Name, "Streamer."+o.Stream, &pb.HelloRequest{}), callOptions(o)...)
	if err != nil {
		return err
	}
	defer s.Close()
	send := func(name string) error { return s.Send(&pb.HelloRequest{Name: name}) }
	receive := func() error {
		var out pb.HelloResponse
		if err := s.Recv(&out); err != nil {
			return err
		}
		fmt.Println(out.Greeting)
		return nil
	}
	switch o.Stream {
	case "Count":
		if err := send(o.Who); err != nil {
			return err
		}
	case "Join":
		for i := 0; i < o.Calls; i++ {
			if err := send(o.Who); err != nil {
				return err
			}
		}
		// This version's Close ends our half alone, over gRPC; over mucp it ends all.
		if o.Protocol == "grpc" {
			if err := s.Close(); err != nil {
				return err
			}
		} else if err := send("end"); err != nil {
			return err
		}
		return receive()
	case "Chat":
		for i := 0; i < o.Calls; i++ {
			if err := send(o.Who); err != nil {
				return err
			}
			if err := receive(); err != nil {
				return err
			}
		}
		if err := send("end"); err != nil {
			return err
		}
	}
	// What is left, up to the end that the server makes.
	for {
		if err := receive(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
