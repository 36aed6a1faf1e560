package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The people of the cluster: one who may do everything, one who may do nothing until a test grants it.
const (
	admin = "testbed-admin"
	plain = "testbed-plain"
)

// The controllers a release needs. nodelifecycle is left out on purpose: nobody sends heartbeats for
// the nodes, and they are to stay ready.
var controllers = strings.Join([]string{
	"clusterrole-aggregation-controller", "daemonset-controller", "deployment-controller", "disruption-controller",
	"endpoints-controller", "endpointslice-controller", "garbage-collector-controller",
	"horizontal-pod-autoscaler-controller", "job-controller", "namespace-controller", "pod-garbage-collector-controller",
	"replicaset-controller", "resourcequota-controller", "root-ca-certificate-publisher-controller",
	"serviceaccount-controller", "serviceaccount-token-controller", "statefulset-controller",
}, ",")

// startKubernetes starts a control plane, or prepares the one that is there already.
func (b *bed) startKubernetes(want wanted) error {
	kubectl, err := want.find("kubernetes", "kubectl")
	if err != nil {
		return err
	}
	b.export("TMINUS_TESTBED_KUBECTL", kubectl)
	path := filepath.Dir(kubectl)
	if want.argo {
		plugin, err := want.find("argo-rollouts", "kubectl-argo-rollouts")
		if err != nil {
			return err
		}
		path += ":" + filepath.Dir(plugin)
	}
	b.export("PATH", path+":"+os.Getenv("PATH"))
	// Discovery of one run must not be answered from the cache of another.
	b.export("KUBECACHEDIR", b.path("kube-cache"))

	definitions, err := readDefinitions(want)
	if err != nil {
		return err
	}
	if os.Getenv("TMINUS_TESTBED_EXISTING") != "" && os.Getenv("KUBECONFIG") != "" {
		return b.prepareExisting(kubectl, definitions)
	}
	if err := b.startControlPlane(want, definitions); err != nil {
		return err
	}
	if want.argo {
		if err := b.startArgo(want); err != nil {
			return err
		}
	}
	b.say("the control plane is ready")
	return nil
}

func (b *bed) startControlPlane(want wanted, definitions []definition) error {
	programs := map[string]string{}
	for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"} {
		path, err := want.find("kubernetes", name)
		if err != nil {
			return err
		}
		programs[name] = path
	}
	kwok, err := want.find("kwok", "kwok")
	if err != nil {
		return err
	}
	if err := b.startEtcd(want); err != nil {
		return err
	}
	api, err := b.startAPI(programs["kube-apiserver"])
	if err != nil {
		return err
	}
	// The definitions are taken in while the others start: most of the wait is the API server's own.
	installed := make(chan error, 1)
	go func() {
		err := api.install(definitions)
		b.say("definitions are served")
		installed <- err
	}()
	kubeconfig := b.exports["KUBECONFIG"]
	if _, err := b.add("kube-controller-manager", programs["kube-controller-manager"],
		"--kubeconfig="+kubeconfig, "--authentication-kubeconfig="+kubeconfig, "--authorization-kubeconfig="+kubeconfig,
		"--controllers="+controllers, "--leader-elect=false", "--secure-port=0", "--bind-address="+b.address,
		"--service-account-private-key-file="+b.path("accounts.key"), "--root-ca-file="+b.path("ca.crt"),
		"--kube-api-qps=500", "--kube-api-burst=1000", "--horizontal-pod-autoscaler-sync-period=2s",
		"--profiling=false", "--v=1"); err != nil {
		return err
	}
	if _, err := b.add("kube-scheduler", programs["kube-scheduler"],
		"--kubeconfig="+kubeconfig, "--leader-elect=false", "--secure-port=0", "--bind-address="+b.address,
		"--kube-api-qps=500", "--kube-api-burst=1000", "--profiling=false", "--v=1"); err != nil {
		return err
	}
	if err := b.startNodes(kwok, api); err != nil {
		return err
	}
	return <-installed
}

func (b *bed) startEtcd(want wanted) error {
	program, err := want.find("etcd", "etcd")
	if err != nil {
		return err
	}
	client, peer := "http://"+b.at(portEtcd), "http://"+b.at(portEtcdPeer)
	etcd, err := b.add("etcd", program,
		"--name=testbed", "--data-dir="+b.path("etcd"), "--unsafe-no-fsync", "--logger=zap", "--log-level=warn",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=testbed="+peer)
	if err != nil {
		return err
	}
	return etcd.until("ready", 30*time.Second, func() error { return answers(client + "/health") })
}

// startAPI starts the API server with RBAC and two people, and gives back a client that may do everything.
func (b *bed) startAPI(program string) (*cluster, error) {
	ca, err := newAuthority()
	if err != nil {
		return nil, err
	}
	tokens := map[string]string{admin: secret(), plain: secret()}
	people := fmt.Sprintf("%s,%s,1,\"system:masters\"\n%s,%s,2,\"testbed\"\n", tokens[admin], admin, tokens[plain], plain)
	for _, err := range []error{
		os.WriteFile(b.path("ca.crt"), ca.pem, 0o600),
		ca.serve(b.address, b.path("api.crt"), b.path("api.key")),
		signingKey(b.path("accounts.key"), b.path("accounts.pub")),
		os.WriteFile(b.path("tokens.csv"), []byte(people), 0o600),
	} {
		if err != nil {
			return nil, err
		}
	}
	server := "https://" + b.at(portAPI)
	for name, file := range map[string]string{admin: "kubeconfig", plain: "kubeconfig-plain"} {
		text := kubeconfig(server, ca.pem, name, tokens[name])
		if err := os.WriteFile(b.path(file), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	b.export("KUBECONFIG", b.path("kubeconfig"))
	b.export("TMINUS_TESTBED_KUBECONFIG_PLAIN", b.path("kubeconfig-plain"))
	b.export("TMINUS_TESTBED_API", server)
	b.export("TMINUS_TESTBED_CA", b.path("ca.crt"))
	b.export("TMINUS_TESTBED_TOKEN", tokens[admin])

	part, err := b.add("kube-apiserver", program,
		"--etcd-servers=http://"+b.at(portEtcd), "--bind-address="+b.address, fmt.Sprintf("--secure-port=%d", portAPI),
		"--tls-cert-file="+b.path("api.crt"), "--tls-private-key-file="+b.path("api.key"),
		"--authorization-mode=RBAC", "--token-auth-file="+b.path("tokens.csv"),
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+b.path("accounts.pub"),
		"--service-account-signing-key-file="+b.path("accounts.key"), "--service-cluster-ip-range=10.96.0.0/16",
		// There is no node lifecycle here that would take its taints away again.
		"--disable-admission-plugins=TaintNodesByCondition", "--endpoint-reconciler-type=none",
		"--kubelet-preferred-address-types=InternalIP", "--shutdown-delay-duration=0s", "--profiling=false", "--v=1")
	if err != nil {
		return nil, err
	}
	api, err := newCluster(server, tokens[admin], ca.pem)
	if err != nil {
		return nil, err
	}
	return api, part.until("ready", time.Minute, func() error { return api.get("/readyz", nil) })
}

// startNodes starts kwok and two nodes: pods there become ready without a container.
func (b *bed) startNodes(program string, api *cluster) error {
	stages := b.path("kwok.yaml")
	text := strings.ReplaceAll(kwokConfiguration, "LOG_FILE", b.path("pod.log"))
	if err := os.WriteFile(stages, []byte(text), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(b.path("pod.log"), []byte(podLog), 0o600); err != nil {
		return err
	}
	kwok, err := b.add("kwok", program,
		"--kubeconfig="+b.exports["KUBECONFIG"], "--config="+stages, "--manage-all-nodes=true",
		"--node-ip="+b.address, fmt.Sprintf("--node-port=%d", portKwok), "--server-address="+b.at(portKwok),
		"--tls-cert-file="+b.path("api.crt"), "--tls-private-key-file="+b.path("api.key"),
		"--cidr=10.244.0.0/16", "--node-lease-duration-seconds=0", "--enable-crds=Logs")
	if err != nil {
		return err
	}
	for _, name := range []string{"node-a", "node-b"} {
		node := fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":%q,"labels":{"kubernetes.io/hostname":%q}}}`, name, name)
		if err := api.create("/api/v1/nodes", "application/json", []byte(node)); err != nil {
			return err
		}
	}
	return kwok.until("its nodes are ready", 30*time.Second, func() error {
		var nodes struct {
			Items []struct {
				Status struct {
					Conditions []struct{ Type, Status string }
				}
			}
		}
		if err := api.get("/api/v1/nodes", &nodes); err != nil {
			return err
		}
		for _, node := range nodes.Items {
			ready := false
			for _, condition := range node.Status.Conditions {
				ready = ready || condition.Type == "Ready" && condition.Status == "True"
			}
			if !ready {
				return fmt.Errorf("a node is not ready")
			}
		}
		return api.get("/api/v1/namespaces/default/serviceaccounts/default", nil)
	})
}

// prepareExisting installs what is missing in a cluster that is there, with its own kubectl.
func (b *bed) prepareExisting(kubectl string, definitions []definition) error {
	b.export("KUBECONFIG", os.Getenv("KUBECONFIG"))
	for _, one := range definitions {
		apply := exec.Command(kubectl, "apply", "--server-side", "--force-conflicts", "-f", "-")
		apply.Stdin = strings.NewReader(one.text)
		if answer, err := apply.CombinedOutput(); err != nil {
			return fmt.Errorf("%s could not be installed: %s", one.name, answer)
		}
	}
	for _, one := range definitions {
		wait := exec.Command(kubectl, "wait", "--for=condition=Established", "--timeout=60s", "crd/"+one.name)
		if answer, err := wait.CombinedOutput(); err != nil {
			return fmt.Errorf("%s was not established: %s", one.name, answer)
		}
	}
	return nil
}

// answers is a GET that must be answered by 200.
func answers(url string) error {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return nil
}
