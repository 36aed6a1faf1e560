package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// cluster speaks to an API server: plain REST, with a token.
type cluster struct {
	server string
	token  string
	client *http.Client
}

func newCluster(server, token string, ca []byte) (*cluster, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("no certificate authority in what was given")
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8,
	}
	return &cluster{server, token, &http.Client{Transport: transport}}, nil
}

// get reads one path; a refused answer is an error with its text.
func (c *cluster) get(path string, into any) error {
	return c.call(http.MethodGet, path, "", nil, into)
}

// create posts one object; that it is there already is fine.
func (c *cluster) create(path, kind string, body []byte) error {
	err := c.call(http.MethodPost, path, kind, body, nil)
	if refused, is := err.(*refused); is && refused.status == http.StatusConflict {
		return nil
	}
	return err
}

// refused is an answer that is not 2xx.
type refused struct {
	status int
	text   string
}

func (r *refused) Error() string { return r.text }

func (c *cluster) request(method, path, kind string, body []byte) (*http.Request, error) {
	request, err := http.NewRequest(method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", "application/json")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	return request, nil
}

func (c *cluster) call(method, path, kind string, body []byte, into any) error {
	request, err := c.request(method, path, kind, body)
	if err != nil {
		return err
	}
	return c.send(request, into)
}

func (c *cluster) send(request *http.Request, into any) error {
	client := *c.client
	client.Timeout = 10 * time.Second
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return &refused{answer.StatusCode, fmt.Sprintf("%s %s: %s: %.300s", request.Method, request.URL.Path, answer.Status, text)}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// kubeconfig is the file kubectl and clients read, with one context named `testbed`.
func kubeconfig(server string, ca []byte, user, token string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: testbed
clusters:
  - name: testbed
    cluster:
      server: %s
      certificate-authority-data: %s
contexts:
  - name: testbed
    context: { cluster: testbed, user: %s, namespace: default }
users:
  - name: %s
    user: { token: %q }
`, server, base64.StdEncoding.EncodeToString(ca), user, user, token)
}
