package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mica.invalid/gomicro/v2peer/pb"

	merrors "github.com/micro/go-micro/v2/errors"
	"github.com/micro/go-micro/v2/metadata"
)

// greeter answers by the name it is given; some names have a meaning of their own,
// the same ones as in interop_peer.cpp.
type greeter struct{}

func (greeter) Hello(ctx context.Context, in *pb.HelloRequest, out *pb.HelloResponse) error {
	switch in.Name {
	case "fail":
		return merrors.BadRequest("greeter", "name %s refused", in.Name)
	case "plain":
		return errors.New("plain failure")
	case "sleep":
		time.Sleep(3 * time.Second)
	case "empty":
		return nil
	case "meta":
		fields, _ := metadata.FromContext(ctx)
		text, err := json.Marshal(fields)
		out.Greeting = string(text)
		return err
	case "deadline":
		out.Greeting = "none"
		if end, ok := ctx.Deadline(); ok {
			out.Greeting = fmt.Sprint(time.Until(end).Milliseconds())
		}
		return nil
	}
	out.Greeting = "Hello " + in.Name
	return nil
}
