import java.io.InputStream;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.igniterealtime.smack.inttest.Configuration;
import org.igniterealtime.smack.inttest.ConnectionConfigurationBuilderApplier;
import org.igniterealtime.smack.inttest.SmackIntegrationTestFramework;
import org.igniterealtime.smack.inttest.SmackIntegrationTestFramework.ConcreteTest;
import org.igniterealtime.smack.inttest.SmackIntegrationTestFramework.TestRunResult;
import org.igniterealtime.smack.inttest.XmppConnectionDescriptor;
import org.igniterealtime.smack.inttest.XmppConnectionManager;
import org.jivesoftware.smack.c2s.ModularXmppClientToServerConnection;
import org.jivesoftware.smack.c2s.ModularXmppClientToServerConnectionConfiguration;
import org.jivesoftware.smack.websocket.XmppWebSocketTransportModuleDescriptor;
import org.jivesoftware.smack.websocket.java11.Java11WebSocketFactory;

/**
 * Runs the Smack Integration Tests and prints one line of JSON for each outcome.
 *
 * <pre>
 * arguments: host port certificate.pem [wss://…]
 * {"outcome":"passed|failed|skipped","test":"PingIntegrationTest.pingServer (Normal)","reason":""}
 * </pre>
 *
 * The address is that of the connection "websocket", which is there if the address is. Everything else is a system property of the tests' own (sinttest.…).
 */
public class Interop {
    public static void main(String[] arguments) throws Exception {
        Configuration configuration = Configuration.newConfiguration(new String[0]);
        InetAddress host = InetAddress.getByName(arguments[0]);
        int port = Integer.parseInt(arguments[1]);
        X509TrustManager trust = trust(Path.of(arguments[2]));

        // The tests have a setting for the host, and none for the port or for an authority to trust.
        ConnectionConfigurationBuilderApplier theirs = configuration.configurationApplier;
        ConnectionConfigurationBuilderApplier ours = builder -> {
            theirs.applyConfigurationTo(builder);
            builder.setHostAddress(host).setPort(port).setCustomX509TrustManager(trust);
        };
        Field applier = Configuration.class.getField("configurationApplier");
        applier.setAccessible(true);
        applier.set(configuration, ours);

        if (arguments.length > 3) addWebSocket(URI.create(arguments[3]), trust);

        TestRunResult result = new SmackIntegrationTestFramework(configuration).run();
        result.getSuccessfulTests().forEach(test -> say("passed", name(test.concreteTest), ""));
        result.getFailedTests().forEach(test -> say("failed", name(test.concreteTest), String.valueOf(test.failureReason)));
        result.getNotPossibleTests()
                .forEach(test -> say("skipped", name(test.concreteTest), test.testNotPossibleException.getMessage()));
        result.getImpossibleTestClasses()
                .forEach((tests, reason) -> say("skipped", tests.getSimpleName(), String.valueOf(reason.getMessage())));
        System.exit(0);
    }

    /** The tests know WebSockets, but have no setting for their address: they ask the domain's port 443. */
    private static void addWebSocket(URI address, X509TrustManager trust) throws Exception {
        // Java's own client, which has no setting for an authority either.
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {trust}, null);
        SSLContext.setDefault(context);
        XmppConnectionManager.addConnectionDescriptor(XmppConnectionDescriptor.buildWith(
                        ModularXmppClientToServerConnection.class,
                        ModularXmppClientToServerConnectionConfiguration.class,
                        ModularXmppClientToServerConnectionConfiguration.Builder.class)
                .withNickname("websocket")
                .applyExtraConfiguration(builder -> {
                    builder.removeAllModules();
                    builder.addModule(XmppWebSocketTransportModuleDescriptor.getBuilder(builder)
                            .explicitlySetWebSocketEndpointAndDiscovery(address, false)
                            .disableImplicitWebsocketEndpoint()
                            .setWebSocketFactory(new Java11WebSocketFactory())
                            .build());
                })
                .build());
    }

    private static String name(ConcreteTest test) {
        return test.toString();
    }

    /** Trusts the certificates in the file and no others. */
    private static X509TrustManager trust(Path pem) throws Exception {
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

    private static void say(String outcome, String test, String reason) {
        System.out.println(
                "{\"outcome\":" + text(outcome) + ",\"test\":" + text(test) + ",\"reason\":" + text(reason) + "}");
    }

    private static String text(String value) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') json.append('\\').append(c);
            else if (c < ' ' || c > '~') json.append(String.format("\\u%04x", (int) c));
            else json.append(c);
        }
        return json.append('"').toString();
    }
}
