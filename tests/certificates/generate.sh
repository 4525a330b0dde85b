#!/bin/sh
# Makes what the tests cannot make themselves: a certificate signed with SHA-1, one with an RSA key of 1024 bits, and an
# RSA key of a good size.
# Needs the command line tool of OpenSSL 3. The results are committed; run it only to change them.
set -eu
cd "$(dirname "$0")"
results=$PWD
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

cat > ca.conf <<CONF
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
rand_serial = yes
policy = any
unique_subject = no
default_startdate = 20200101000000Z
default_enddate = 20500101000000Z
[any]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
CONF
: > index.txt

# issue NAME SECTION DIGEST ..: a certificate for NAME.key; further arguments go to `openssl ca`.
issue() {
    name=$1 section=$2 digest=$3
    shift 3
    openssl req -new -config /dev/null -key "$name.key" -subj "/CN=$name" -out "$name.csr"
    openssl ca -batch -config ca.conf -notext -in "$name.csr" -out "$name.pem" \
        -extensions "$section" -md "$digest" "$@"
    openssl x509 -in "$name.pem" -outform DER -out "$results/$name.der"
}

for name in root_of_the_weak sha1; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key"
done
openssl genrsa -out rsa1024.key 1024

issue root_of_the_weak root sha256 -selfsign -keyfile root_of_the_weak.key
issue sha1 leaf sha1 -cert root_of_the_weak.pem -keyfile root_of_the_weak.key
issue rsa1024 leaf sha256 -cert root_of_the_weak.pem -keyfile root_of_the_weak.key
openssl pkcs8 -topk8 -nocrypt -in sha1.key -outform DER -out "$results/sha1.key.der"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa2048.key
openssl pkcs8 -topk8 -nocrypt -in rsa2048.key -outform DER -out "$results/rsa2048.key.der"
