//! tonic as a peer, with the answers of bench-server: `tonic-server PORT`.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

mod helloworld {
    tonic::include_proto!("helloworld");
}

use helloworld::greeter_server::{Greeter, GreeterServer};
use helloworld::{HelloReply, HelloRequest};

struct Service;

fn reply(request: HelloRequest) -> HelloReply {
    HelloReply {
        message: format!("Hello {}", request.name),
    }
}

#[tonic::async_trait]
impl Greeter for Service {
    type ChatStream = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

    async fn say_hello(&self, call: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        Ok(Response::new(reply(call.into_inner())))
    }

    async fn chat(
        &self,
        call: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<Self::ChatStream>, Status> {
        let replies = call.into_inner().map(|x| x.map(reply));
        Ok(Response::new(Box::pin(replies)))
    }

    async fn collect(
        &self,
        call: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<HelloReply>, Status> {
        let mut requests = call.into_inner();
        let mut count = 0u64;
        while requests.message().await?.is_some() {
            count += 1;
        }
        Ok(Response::new(HelloReply {
            message: count.to_string(),
        }))
    }
}

fn main() {
    let port = std::env::args().nth(1).expect("usage: tonic-server PORT");
    let address = format!("127.0.0.1:{port}").parse().expect("a port");
    let service = GreeterServer::new(Service).max_decoding_message_size(16 << 20);
    tokio::runtime::Runtime::new()
        .expect("runtime")
        .block_on(
            tonic::transport::Server::builder()
                .add_service(service)
                .serve(address),
        )
        .expect("serve");
}
