#!/bin/sh
# Makes the certificates that the tests cannot make themselves: signed with SHA-1, and with an RSA key of 1024 bits.
# Needs the command line tool of OpenSSL 3. The results are committed; run it only to change them.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

new_ec_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key"; }

# leaf NAME: a server certificate for localhost from $work/NAME.key; further arguments go to `openssl x509`.
leaf() {
    name=$1
    shift
    openssl req -new -key "$work/$name.key" -subj "/CN=$name" -out "$work/$name.csr"
    openssl x509 -req -in "$work/$name.csr" -CA "$work/root.pem" -CAkey "$work/root.key" -days 9000 \
        -extfile "$work/leaf.ext" -outform DER -out "$name.der" "$@"
}

cat > "$work/leaf.ext" <<EXTENSIONS
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost
EXTENSIONS

new_ec_key root
openssl req -new -x509 -key "$work/root.key" -subj "/CN=root of the weak" -days 9000 -out "$work/root.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
openssl x509 -in "$work/root.pem" -outform DER -out root_of_the_weak.der

new_ec_key sha1
leaf sha1 -sha1
openssl pkcs8 -topk8 -nocrypt -in "$work/sha1.key" -outform DER -out sha1.key.der

openssl genrsa -out "$work/rsa1024.key" 1024
leaf rsa1024
