// grpc-go as a peer, with grpc-server's and grpc-client's arguments and output:
//
//	grpcgo server PORT
//	grpcgo client HOST:PORT unary|chat|collect IN_FLIGHT SECONDS [BYTES]
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "mica.invalid/bench/grpcgo/helloworld"
)

type greeter struct {
	pb.UnimplementedGreeterServer
}

func (greeter) SayHello(_ context.Context, in *pb.HelloRequest) (*pb.HelloReply, error) {
	return &pb.HelloReply{Message: "Hello " + in.Name}, nil
}

func (greeter) Chat(peer pb.Greeter_ChatServer) error {
	for {
		in, err := peer.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := peer.Send(&pb.HelloReply{Message: "Hello " + in.Name}); err != nil {
			return err
		}
	}
}

func (greeter) Collect(peer pb.Greeter_CollectServer) error {
	count := 0
	for {
		_, err := peer.Recv()
		if err == io.EOF {
			return peer.SendAndClose(&pb.HelloReply{Message: strconv.Itoa(count)})
		}
		if err != nil {
			return err
		}
		count++
	}
}

func serve(port string) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	pb.RegisterGreeterServer(server, greeter{})
	log.Fatal(server.Serve(listener))
}

func unary(client pb.GreeterClient, name string, end time.Time) (count uint64) {
	for time.Now().Before(end) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		reply, err := client.SayHello(ctx, &pb.HelloRequest{Name: name})
		cancel()
		if err != nil || reply.Message != "Hello "+name {
			log.Fatal(err)
		}
		count++
	}
	return count
}

func chat(client pb.GreeterClient, name string, end time.Time) (count uint64) {
	stream, err := client.Chat(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for time.Now().Before(end) {
		if err := stream.Send(&pb.HelloRequest{Name: name}); err != nil {
			log.Fatal(err)
		}
		reply, err := stream.Recv()
		if err != nil || reply.Message != "Hello "+name {
			log.Fatal(err)
		}
		count++
	}
	stream.CloseSend()
	stream.Recv()
	return count
}

func collect(client pb.GreeterClient, name string, end time.Time) (count uint64) {
	stream, err := client.Collect(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for time.Now().Before(end) {
		if err := stream.Send(&pb.HelloRequest{Name: name}); err != nil {
			log.Fatal(err)
		}
		count++
	}
	reply, err := stream.CloseAndRecv()
	if err != nil || reply.Message != strconv.FormatUint(count, 10) {
		log.Fatal(err)
	}
	return count
}

func load(arguments []string) {
	kinds := map[string]func(pb.GreeterClient, string, time.Time) uint64{
		"unary": unary, "chat": chat, "collect": collect}
	run := kinds[arguments[1]]
	inFlight, _ := strconv.Atoi(arguments[2])
	seconds, _ := strconv.Atoi(arguments[3])
	name := "John"
	if len(arguments) > 4 {
		bytes, _ := strconv.Atoi(arguments[4])
		name = strings.Repeat("x", bytes)
	}
	connections := 1
	if arguments[1] == "chat" && inFlight >= 8 {
		connections = 8
	}
	var clients []pb.GreeterClient
	for i := 0; i < connections; i++ {
		connection, err := grpc.Dial(arguments[0],
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16<<20)))
		if err != nil {
			log.Fatal(err)
		}
		clients = append(clients, pb.NewGreeterClient(connection))
	}
	start := time.Now()
	end := start.Add(time.Duration(seconds) * time.Second)
	var total uint64
	var all sync.WaitGroup
	for i := 0; i < inFlight; i++ {
		all.Add(1)
		go func(client pb.GreeterClient) {
			defer all.Done()
			atomic.AddUint64(&total, run(client, name, end))
		}(clients[i%connections])
	}
	all.Wait()
	fmt.Printf("c=%d rps=%.0f errors=0\n", inFlight, float64(total)/time.Since(start).Seconds())
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "server":
		serve(os.Args[2])
	case len(os.Args) >= 6 && os.Args[1] == "client":
		load(os.Args[2:])
	default:
		log.Fatal("usage: grpcgo server PORT | grpcgo client HOST:PORT unary|chat|collect IN_FLIGHT SECONDS [BYTES]")
	}
}
