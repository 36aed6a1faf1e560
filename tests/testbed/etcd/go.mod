// Pins etcd, for a machine that has none (Debian's is used where it is there). Holds no code.
module tminus.test/testbed/etcd

go 1.26.0

tool go.etcd.io/etcd/server/v3
