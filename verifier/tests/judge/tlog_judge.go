// The judge of our log: Go's golang.org/x/mod/sumdb, which none of us wrote, over the files that we serve.
//
//	tlog_judge LOG VKEY [CA]    LOG is an https address or a folder
//
// Standard input: one JSON object with "old" (an older checkpoint or ""), "witnesses" (vkeys) and "receipts"
// (index, tree_size, inclusion, checkpoint as in a receipt, and the leaf in hexadecimal). It says what it has
// checked, or why not, and ends with 1.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type input struct {
	Old       string    `json:"old"`
	Witnesses []string  `json:"witnesses"`
	Receipts  []receipt `json:"receipts"`
}

type receipt struct {
	Index      int64    `json:"index"`
	TreeSize   int64    `json:"tree_size"`
	Inclusion  []string `json:"inclusion"`
	Checkpoint string   `json:"checkpoint"`
	Leaf       string   `json:"leaf"`
}

func main() {
	if err := judge(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// served reads the log's files.
type served struct {
	base   string
	client *http.Client
}

func (s *served) get(path string) ([]byte, error) {
	if s.client == nil {
		return os.ReadFile(filepath.Join(s.base, path))
	}
	answer, err := s.client.Get(s.base + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func (s *served) Height() int { return 8 }

func (s *served) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		// Go's own paths name the height; C2SP leaves it out.
		data, err := s.get(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (s *served) SaveTiles([]tlog.Tile, [][]byte) {}

// cosigner checks cosignature/v1 with Go's Ed25519.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	at := binary.BigEndian.Uint64(sig[:8])
	signed := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", at)), msg...)
	return ed25519.Verify(c.key, signed, sig[8:])
}

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("a witness key of %d parts", len(parts))
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, fmt.Errorf("not a witness key: %s", vkey)
	}
	return &cosigner{parts[0], uint32(hash), key[1:]}, nil
}

// open checks the signature on a checkpoint and reads its three lines.
func open(text []byte, log note.Verifier, others ...note.Verifier) (tree tlog.Tree, signed int, err error) {
	opened, err := note.Open(text, note.VerifierList(append(others, log)...))
	if err != nil {
		return tree, 0, err
	}
	byLog := false
	for _, sig := range opened.Sigs {
		byLog = byLog || sig.Name == log.Name() && sig.Hash == log.KeyHash()
	}
	lines := strings.Split(opened.Text, "\n")
	if !byLog || len(lines) != 4 || lines[0] != log.Name() {
		return tree, 0, fmt.Errorf("not a checkpoint of this log: %q", opened.Text)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, 0, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, len(opened.Sigs) - 1, err
}

func judge() error {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return err
	}
	log, err := note.NewVerifier(os.Args[2])
	if err != nil {
		return err
	}
	from := &served{base: os.Args[1]}
	if len(os.Args) > 3 {
		pem, err := os.ReadFile(os.Args[3])
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		from.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	}
	var witnesses []note.Verifier
	for _, vkey := range in.Witnesses {
		witness, err := newCosigner(vkey)
		if err != nil {
			return err
		}
		witnesses = append(witnesses, witness)
	}

	text, err := from.get("checkpoint")
	if err != nil {
		return err
	}
	head, cosigned, err := open(text, log, witnesses...)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	tiles := tlog.TileHashReader(head, from)
	if in.Old != "" {
		old, _, err := open([]byte(in.Old), log)
		if err != nil {
			return fmt.Errorf("old checkpoint: %w", err)
		}
		proof, err := tlog.ProveTree(head.N, old.N, tiles)
		if err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
		if err := tlog.CheckTree(proof, head.N, head.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
	}
	leaves, err := everyLeaf(from, head)
	if err != nil {
		return err
	}
	for n, leaf := range leaves {
		proof, err := tlog.ProveRecord(head.N, int64(n), tiles)
		if err != nil {
			return fmt.Errorf("leaf %d: %w", n, err)
		}
		if err := tlog.CheckRecord(proof, head.N, head.Hash, int64(n), tlog.RecordHash(leaf)); err != nil {
			return fmt.Errorf("leaf %d: %w", n, err)
		}
	}
	for _, r := range in.Receipts {
		if err := checkReceipt(r, log, leaves); err != nil {
			return fmt.Errorf("receipt of leaf %d: %w", r.Index, err)
		}
	}
	fmt.Printf("%d leaves, %d receipts, %d cosignatures\n", len(leaves), len(in.Receipts), cosigned)
	return nil
}

func everyLeaf(from *served, head tlog.Tree) ([][]byte, error) {
	var leaves [][]byte
	for n := int64(0); n<<8 < head.N; n++ {
		tile := tlog.Tile{H: 8, L: 0, N: n, W: 256}
		if head.N-n<<8 < 256 {
			tile.W = int(head.N - n<<8)
		}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := from.get(path)
		if err != nil {
			return nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s ends in leaf %d", path, i)
			}
			length := int(binary.BigEndian.Uint16(data))
			leaves = append(leaves, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s has %d bytes too many", path, len(data))
		}
	}
	return leaves, nil
}

func checkReceipt(r receipt, log note.Verifier, leaves [][]byte) error {
	tree, _, err := open([]byte(r.Checkpoint), log)
	if err != nil {
		return err
	}
	if tree.N != r.TreeSize {
		return fmt.Errorf("a tree of %d", tree.N)
	}
	leaf, err := hex.DecodeString(r.Leaf)
	if err != nil {
		return err
	}
	if r.Index >= int64(len(leaves)) || !bytes.Equal(leaf, leaves[r.Index]) {
		return fmt.Errorf("another leaf")
	}
	var proof tlog.RecordProof
	for _, text := range r.Inclusion {
		digest, err := hex.DecodeString(text)
		if err != nil || len(digest) != tlog.HashSize {
			return fmt.Errorf("not a digest: %s", text)
		}
		proof = append(proof, tlog.Hash(*(*[tlog.HashSize]byte)(digest)))
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, r.Index, tlog.RecordHash(leaf))
}
