import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jivesoftware.smack.ConnectionConfiguration.SecurityMode;
import org.jivesoftware.smack.packet.ExtensionElement;
import org.jivesoftware.smack.sasl.SASLErrorException;
import org.jivesoftware.smack.tcp.XMPPTCPConnection;
import org.jivesoftware.smack.tcp.XMPPTCPConnectionConfiguration;
import org.jivesoftware.smackx.ping.PingManager;
import org.jivesoftware.smackx.pubsub.Item;
import org.jivesoftware.smackx.pubsub.Node;
import org.jivesoftware.smackx.pubsub.PayloadItem;
import org.jivesoftware.smackx.pubsub.PubSubManager;
import org.jxmpp.jid.impl.JidCreate;

/**
 * One Smack session, told what to do in words on standard input; each observation is one line of JSON on standard output.
 *
 * <pre>
 * arguments: starttls|tls host port domain user password resource certificate.pem
 * listen NODE   what Finesse's Java clients do: disco#info of the node (getNode), then a listener, no subscription
 * ping          a XEP-0199 ping to the domain: whatever the server sent before has arrived when it is answered
 * drop          the socket closes without the stream having been closed
 * resume        connects again and continues the stream (XEP-0198)
 * leave         closes the stream and ends
 * </pre>
 */
public class SmackSession {
    private final XMPPTCPConnection connection;
    private final String domain;

    private SmackSession(String[] arguments) throws Exception {
        boolean isDirect = arguments[0].equals("tls");
        domain = arguments[3];
        X509TrustManager trust = trust(Path.of(arguments[7]));
        XMPPTCPConnectionConfiguration.Builder configuration = XMPPTCPConnectionConfiguration.builder()
                .setHostAddress(InetAddress.getByName(arguments[1]))
                .setPort(Integer.parseInt(arguments[2]))
                .setXmppDomain(domain)
                .setUsernameAndPassword(arguments[4], arguments[5])
                .setResource(arguments[6]);
        if (isDirect) {
            // Smack 4.4 has no word for TLS from the first byte: the socket does it, and Smack must not ask for STARTTLS.
            configuration.setSecurityMode(SecurityMode.disabled).setSocketFactory(socketFactory(trust));
        } else {
            configuration.setSecurityMode(SecurityMode.required).setCustomX509TrustManager(trust);
        }
        connection = new XMPPTCPConnection(configuration.build());
        connection.setUseStreamManagement(true);
        connection.setUseStreamManagementResumption(true);
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        SmackSession session = new SmackSession(arguments);
        try {
            session.signIn("started");
        } catch (SASLErrorException refused) {
            say("refused", text(refused.getSASLFailure().getSASLErrorString()));
            System.exit(0);
        }
        for (String line; (line = input.readLine()) != null; ) {
            String[] words = line.split(" ", 2);
            try {
                session.obey(words[0], words.length > 1 ? words[1] : "");
            } catch (Exception error) {
                say("failed", text(line + ": " + error));
            }
        }
        // Smack's threads are daemons, or not, depending on its version.
        System.exit(0);
    }

    private void obey(String word, String argument) throws Exception {
        switch (word) {
            case "listen":
                PubSubManager manager =
                        PubSubManager.getInstanceFor(connection, JidCreate.domainBareFrom("pubsub." + domain));
                Node node = manager.getNode(argument);
                node.addItemEventListener(items -> {
                    for (Object item : items.getItems()) event(items.getNodeId(), items.getSubscriptions(), (Item) item);
                });
                say("listening", text(node.getId()));
                break;
            case "ping":
                say("pong", String.valueOf(PingManager.getInstanceFor(connection).ping(JidCreate.domainBareFrom(domain))));
                break;
            case "drop":
                connection.instantShutdown();
                say("dropped", String.valueOf(!connection.isConnected()));
                break;
            case "resume":
                signIn("resumed");
                break;
            case "leave":
                connection.disconnect();
                say("left", String.valueOf(!connection.isConnected()));
                break;
            default:
                throw new IllegalArgumentException("no such word");
        }
    }

    private void signIn(String word) throws Exception {
        connection.connect();
        connection.login();
        Map<String, String> seen = new LinkedHashMap<>();
        seen.put("jid", text(connection.getUser().toString()));
        seen.put("mechanism", text(connection.getUsedSaslMechansism()));
        seen.put("secure", String.valueOf(connection.isSecureConnection()));
        seen.put("resumable", String.valueOf(connection.isSmResumptionPossible()));
        seen.put("wasResumed", String.valueOf(connection.streamWasResumed()));
        say(word, object(seen));
    }

    private static void event(String node, List<String> subscriptions, Item item) {
        ExtensionElement payload = item instanceof PayloadItem ? ((PayloadItem<?>) item).getPayload() : null;
        Map<String, String> seen = new LinkedHashMap<>();
        seen.put("node", text(node));
        seen.put("id", text(item.getId()));
        seen.put("element", text(payload == null ? null : payload.getElementName()));
        seen.put("xml", text(payload == null ? null : payload.toXML().toString()));
        say("event", object(seen));
    }

    /** Trusts the certificates in the file and no others. */
    private static X509TrustManager trust(Path pem) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream file = Files.newInputStream(pem)) {
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("certificate " + store.size(), certificate);
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        return (X509TrustManager) managers.getTrustManagers()[0];
    }

    private static SocketFactory socketFactory(X509TrustManager trust) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {trust}, null);
        return context.getSocketFactory();
    }

    private static synchronized void say(String word, String json) {
        System.out.println("{" + text(word) + ":" + json + "}");
        System.out.flush();
    }

    private static String object(Map<String, String> members) {
        List<String> parts = new ArrayList<>();
        members.forEach((name, json) -> parts.add(text(name) + ":" + json));
        return "{" + String.join(",", parts) + "}";
    }

    private static String text(String value) {
        if (value == null) return "null";
        StringBuilder json = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') json.append('\\').append(c);
            else if (c < ' ' || c > '~') json.append(String.format("\\u%04x", (int) c));
            else json.append(c);
        }
        return json.append('"').toString();
    }
}
