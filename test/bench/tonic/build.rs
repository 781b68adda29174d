fn main() {
    tonic_build::configure()
        .build_client(false)
        .compile_protos(&["../helloworld.proto"], &[".."])
        .expect("helloworld.proto");
}
