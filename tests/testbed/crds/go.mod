// Pins the modules whose CRD files the testbed installs. Holds no code.
module tminus.test/testbed/crds

go 1.26.0

require (
	istio.io/api v1.31.1
	sigs.k8s.io/gateway-api v1.6.0
)
