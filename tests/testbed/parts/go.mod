// The testbed's own programs: what starts the parts, the service, the load and the bridge. Standard library only.
module tminus.test/testbed/parts

go 1.26.0
